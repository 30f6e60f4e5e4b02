"""The settings of a site."""

from __future__ import annotations

import pytest

from literate.diagnostics import UserError
from literate.docs.settings import read_site_settings

NB = {"00_core": ["x = 1"]}


def test_settings_of_nbdev_2(make_project):
    settings = read_site_settings(make_project(NB, "title = The lib\ndoc_path = site"))
    assert (settings.title, settings.description, settings.output.name) == ("The lib", "d", "site")
    assert settings.repository == "https://github.com/me/lib"
    assert settings.blob("a.py") == "https://github.com/me/lib/blob/main/a.py"
    assert settings.edit("a.py") == "https://github.com/me/lib/edit/main/a.py"
    assert read_site_settings(make_project(NB)).output.name == "_docs"


def test_settings_of_nbdev_3(make_nbdev3_project, tmp_path):
    project = make_nbdev3_project(NB, 'title = "Three"\ncustom_sidebar = true')
    settings = read_site_settings(project)
    assert (settings.title, settings.custom_sidebar, settings.repository) == ("Three", True, "")
    assert settings.blob("a.py") == ""


def test_the_address_of_the_site(make_project):
    lines = "doc_host = https://lib.org\ndoc_baseurl = /"
    assert read_site_settings(make_project(NB, lines)).url == "https://lib.org/"
    lines = "doc_host = https://me.github.io/\ndoc_baseurl = /lib"
    assert read_site_settings(make_project(NB, lines)).url == "https://me.github.io/lib/"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("doc_path = .", "doc_path = . is not a folder for the site alone"),
        ("doc_path = nbs", "doc_path = nbs is not a folder for the site alone"),
        ("doc_path = ..", "is not a folder for the site alone"),
        ("docs_source = all", "docs_source = all is not one of hidden, folded and shown"),
        ("docs_contents = nosuch.md", "nosuch.md is not a file"),
        ("custom_sidebar = perhaps", "custom_sidebar = perhaps is neither True nor False"),
    ],
)
def test_a_wrong_setting_is_named(make_project, line, message):
    with pytest.raises(UserError, match="settings.ini") as caught:
        read_site_settings(make_project(NB, line))
    assert message in str(caught.value)
