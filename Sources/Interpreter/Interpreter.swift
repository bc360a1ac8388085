// Room reserved; see docs/internals/architecture.md.
