"""The sentence the command line prints for an error.

Guards: an error somebody can fix is a sentence that says how. Any other error is a bug, and keeps its stack trace.
"""

_SENTENCES = {
    "api.settings.SettingsError",
    "api.commands.auditing.HiddenRowsError",
    "api.migrations.runner.MigrationChangedError",
    "api.seed.store.AlreadySeededError",
    "api.embedded.process.EmbeddedServiceError",
    "api.commands.lockout.NoSuchAccountError",
    "api.commands.owner.NotInTheirNameError",
    "delegation.appointment.AppointmentError",
    "delegation.places.PlacesError",
    "delegation.residents.admission.AdmissionRefusedError",
    "api.commands.residents_file.ResidentsFileError",
    "api.export.form.ExportError",
    "api.score_files.problems.FileError",
    "devices.enrolment.EnrolmentError",
}


def complaint(error: Exception) -> str | None:
    """Return the sentence, or None for an unforeseen error.

    Errors are known by name, so that nothing that raises them has to be imported.
    """
    if hasattr(error, "format_message"):
        return _usage(error)
    kinds = type(error).__mro__
    if any(f"{kind.__module__}.{kind.__qualname__}" in _SENTENCES for kind in kinds):
        return str(error)
    if isinstance(error, ModuleNotFoundError) and error.name == "pyarrow":
        return "Files of readings need pyarrow: install hearthwatch[server,files]."
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}." if error.filename else str(error)
    if any(kind.__name__ == "OperationalError" for kind in kinds):
        return f"The database cannot be used: {str(error).strip().splitlines()[0]}"
    return None


def _usage(error: Exception) -> str:
    """Return what to say about a wrong command line; where it was empty, the help itself."""
    words: str = getattr(error, "format_message")()  # noqa: B009
    if words.startswith("Usage:"):
        return words
    command = getattr(getattr(error, "ctx", None), "command_path", "hearthwatch")
    return f"{words}{'' if words.endswith(('.', '?')) else '.'} Try `{command} --help`."
