"""Packages the library, the pipeline and the two scripts; every fact comes from settings.ini."""

from compileall import compile_dir, compile_file
from configparser import ConfigParser
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.editable_wheel import editable_wheel


class CompiledEditable(editable_wheel):
    """Compiles the modules, as pip does unless they stay where they are: half of a short command's time, where Python may not."""

    def run(self) -> None:
        super().run()
        for module in self.distribution.py_modules:
            compile_file(f"{module}.py", quiet=2)
        for package in self.distribution.packages:
            compile_dir(package.replace(".", "/"), maxlevels=0, quiet=2)


config = ConfigParser()
config.read(Path(__file__).with_name("settings.ini"), encoding="utf-8")
settings = config["DEFAULT"]

setup(
    name=settings["lib_name"],
    version=settings["version"],
    description=settings["description"],
    long_description=Path(__file__).with_name("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    url=settings["git_url"],
    author=settings["author"],
    author_email=settings["author_email"],
    license="Apache-2.0",
    keywords=settings["keywords"].split(),
    python_requires=f">={settings['min_python']}",
    packages=find_packages(include=["foundations*", "literate*"]),
    py_modules=["notebook2script", "run_notebook"],
    cmdclass={"editable_wheel": CompiledEditable},
    install_requires=settings["requirements"].split(),
    extras_require={"dev": settings["dev_requirements"].split()},
    entry_points={
        "console_scripts": [
            "notebook2script = notebook2script:run",
            "run_notebook = run_notebook:run",
            "literate = literate.__main__:run",
        ],
        "pytest11": ["literate = literate.pytest_plugin"],
        "nbdev": [f"{settings['lib_path']} = {settings['lib_path']}._modidx:d"],
    },
)
