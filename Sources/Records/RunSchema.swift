import GRDB

/// The tables, and how those of older versions become them.
///
/// A step is never changed once it was released; what comes new is a step of its own. docs/runs.md says what the columns
/// hold.
enum RunSchema {
  /// Stands in every record: the number of the last step.
  static let format = 1

  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1") { db in
      // Texts of scripts, each once.
      try db.execute(
        sql: """
          CREATE TABLE source (hash TEXT NOT NULL PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
          CREATE TABLE run (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL, status TEXT NOT NULL, error TEXT,
            started REAL NOT NULL, ended REAL, seen REAL NOT NULL, done INTEGER, total INTEGER,
            script TEXT NOT NULL, source TEXT NOT NULL REFERENCES source (hash), used TEXT NOT NULL,
            call TEXT NOT NULL, line INTEGER NOT NULL,
            inputs TEXT NOT NULL, settings TEXT NOT NULL, seed INTEGER, model TEXT, data TEXT NOT NULL,
            folder TEXT NOT NULL, program TEXT NOT NULL, format INTEGER NOT NULL,
            host TEXT NOT NULL, boot TEXT NOT NULL, namespace TEXT NOT NULL,
            process INTEGER NOT NULL, process_start INTEGER NOT NULL
          );
          CREATE TABLE metric (
            run INTEGER NOT NULL REFERENCES run (id), place INTEGER NOT NULL, name TEXT NOT NULL, value REAL,
            PRIMARY KEY (run, place)
          ) WITHOUT ROWID;
          CREATE TABLE result (
            run INTEGER NOT NULL REFERENCES run (id), place INTEGER NOT NULL, name TEXT NOT NULL, csv TEXT NOT NULL,
            PRIMARY KEY (run, place)
          ) WITHOUT ROWID;
          CREATE TABLE file (
            run INTEGER NOT NULL REFERENCES run (id), path TEXT NOT NULL, bytes INTEGER NOT NULL, written REAL NOT NULL,
            PRIMARY KEY (run, path)
          ) WITHOUT ROWID;
          """)
    }
    return migrator
  }
}
