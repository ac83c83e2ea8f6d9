"""docs/settings.md says what portal/settings.py says."""

from scripts import settings_reference


def test_the_page_of_settings_is_made_from_the_settings():
    assert settings_reference.PAGE.read_text() == settings_reference.page()


def test_every_setting_is_explained_in_a_comment():
    assert [name for name, said in settings_reference.comments().items() if not said] == []
