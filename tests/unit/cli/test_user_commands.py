"""`user reset` and `user token` as a technician types them."""


def test_a_second_step_is_reset_and_a_token_made_and_ended(mailguard, tmp_path) -> None:
    folder = tmp_path / "site"
    config = ("--config", folder / "mailguard.toml")
    assert mailguard("init", "--dir", folder, "--yes").status == 0
    assert mailguard("user", "add", "office", *config).status == 0
    assert mailguard("user", "reset", "Office", *config).status == 0
    nobody = mailguard("user", "reset", "nobody", *config)
    assert (nobody.status, nobody.err) == (1, "mailguard: there is no such user\n")
    made = mailguard("user", "token", "office", "--days", 1, *config)
    assert made.status == 0
    assert made.out.startswith("mailguard_")
    assert len(made.out.split()) == 1
    assert mailguard("user", "token", "office", "--revoke", *config).out == "ended 1 tokens of office\n"
    assert mailguard("user", "token", "nobody", *config).status == 1
