"""`user reset` as a technician types it."""


def test_a_second_step_is_reset(mailguard, tmp_path) -> None:
    folder = tmp_path / "site"
    config = ("--config", folder / "mailguard.toml")
    assert mailguard("init", "--dir", folder, "--yes").status == 0
    assert mailguard("user", "add", "office", *config).status == 0
    assert mailguard("user", "reset", "Office", *config).status == 0
    nobody = mailguard("user", "reset", "nobody", *config)
    assert (nobody.status, nobody.err) == (1, "mailguard: there is no such user\n")
