"""What the pages ask of the database: named queries with a frozen row each, within the actor's scope."""
