// Run migrations with node-pg-migrate itself, each row in a database of its own; started in the folder that has its node_modules.
// Standard input and output as those of alembic_rows.py; the migrations are 1.js and 2.js.
const { createRequire } = require("module");
const fs = require("fs");
const os = require("os");
const path = require("path");
const { pathToFileURL } = require("url");

const { Client } = createRequire(process.cwd() + "/")("pg");
const ENTRY = path.join(process.cwd(), "node_modules/node-pg-migrate/dist/bundle/index.js");
const MARK = "SELECT '@row'";

async function run(runner, folder, row) {
  const project = fs.mkdtempSync(path.join(os.tmpdir(), "node-pg-migrate-"));
  for (const [name, text] of Object.entries(row.files)) {
    fs.mkdirSync(path.dirname(path.join(project, name)), { recursive: true });
    fs.writeFileSync(path.join(project, name), text);
  }
  const client = new Client({ host: folder, user: "postgres", database: row.database });
  await client.connect();
  const up = (count) =>
    runner({ dbClient: client, dir: path.join(project, "migrations"), direction: "up", count, migrationsTable: "pgmigrations", log: () => {}, noLock: true });
  try {
    for (const number of [1, 2]) {
      await client.query(MARK);
      await up(1);
    }
    if (row.without) {
      fs.rmSync(path.join(project, row.without));
      await up(Infinity);
    }
    return null;
  } catch (error) {
    return `${row.files["migrations/2.js"]}: ${error.message}`;
  } finally {
    await client.end();
    fs.rmSync(project, { recursive: true });
  }
}

async function main() {
  const { runner } = await import(pathToFileURL(ENTRY));
  const given = JSON.parse(fs.readFileSync(0, "utf8"));
  const errors = [];
  for (const row of given.rows) errors.push(await run(runner, given.folder, row));
  console.log(JSON.stringify(errors));
}

main();
