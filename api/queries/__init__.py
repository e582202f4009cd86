"""The pages' questions to the database: named queries with a frozen row each, within the actor's scope."""
