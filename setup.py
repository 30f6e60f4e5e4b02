"""Packages the library. The tool has a distribution of its own: literate/pyproject.toml."""

from compileall import compile_dir
from configparser import ConfigParser
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.editable_wheel import editable_wheel

DISTRIBUTION = "foundations-from-matmul"  # foundations is taken on the package index


class CompiledEditable(editable_wheel):
    """Also compiles the modules of an editable installation, the tool's among them.

    pip compiles other installations. Where Python itself may not write bytecode, this saves half of
    the time of a short command.
    """

    def run(self) -> None:
        super().run()
        for package in ("foundations", "literate"):
            compile_dir(package, quiet=2)


config = ConfigParser()
config.read(Path(__file__).with_name("settings.ini"), encoding="utf-8")
settings = config["DEFAULT"]

setup(
    name=DISTRIBUTION,
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
    packages=find_packages(include=["foundations*"]),
    package_data={"foundations": ["py.typed"]},
    cmdclass={"editable_wheel": CompiledEditable},
    install_requires=settings["requirements"].split(),
    extras_require={"dev": settings["dev_requirements"].split()},
    entry_points={"nbdev": [f"{settings['lib_path']} = {settings['lib_path']}._modidx:d"]},
)
