/**
 * How a project file came to its tables, one step a version, applied in order and all in one transaction. A step is never
 * changed after a release: what follows is a new step. Step 1 begins with the tables of a GeoPackage; the version stands in
 * `prismap_project`, because the pragma `user_version` says which GeoPackage it is.
 */
export const migrations: readonly string[] = [
  `
CREATE TABLE prismap_project (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL);
CREATE TABLE prismap_layers (id TEXT PRIMARY KEY NOT NULL, row TEXT NOT NULL);
CREATE TABLE prismap_classes (id TEXT PRIMARY KEY NOT NULL, row TEXT NOT NULL);
CREATE TABLE prismap_points (id TEXT PRIMARY KEY NOT NULL, row TEXT NOT NULL);
CREATE TABLE prismap_settings (id TEXT PRIMARY KEY NOT NULL, row TEXT NOT NULL);
CREATE TABLE prismap_sketch (id INTEGER PRIMARY KEY CHECK (id = 1), sketch TEXT NOT NULL);
CREATE TABLE prismap_session (id INTEGER PRIMARY KEY CHECK (id = 1), token TEXT NOT NULL, host TEXT NOT NULL,
  process INTEGER NOT NULL, beat INTEGER NOT NULL);
CREATE TABLE prismap_jobs (id TEXT PRIMARY KEY NOT NULL, place REAL NOT NULL, record TEXT NOT NULL);
CREATE TABLE prismap_job_lines (number INTEGER PRIMARY KEY AUTOINCREMENT, job TEXT NOT NULL, line TEXT NOT NULL);
CREATE INDEX prismap_job_lines_job ON prismap_job_lines (job);
CREATE TABLE rois (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom GEOMETRY, roi TEXT, class_id TEXT, class TEXT,
  value INTEGER, color TEXT, macroclass TEXT, name TEXT);
CREATE INDEX rois_roi ON rois (roi);
CREATE INDEX rois_class ON rois (class_id);
INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES ('rois', 'features', 'ROIs', -1);
INSERT INTO gpkg_geometry_columns VALUES ('rois', 'geom', 'GEOMETRY', -1, 0, 0);
INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML,
  useAsDefault) VALUES ('', '', 'rois', 'geom', 'Classes', '', 1);
`,
  // ROIs of one scene alone.
  'ALTER TABLE rois ADD COLUMN scene TEXT;',
];
