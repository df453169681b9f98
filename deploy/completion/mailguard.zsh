#compdef mailguard

_mailguard_completion() {
  eval $(env _TYPER_COMPLETE_ARGS="${words[1,$CURRENT]}" _MAILGUARD_COMPLETE=complete_zsh mailguard)
}

compdef _mailguard_completion mailguard
