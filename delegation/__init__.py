"""Who may do what, for whom, on whose authority: people, homes, competence, delegation, audit."""
