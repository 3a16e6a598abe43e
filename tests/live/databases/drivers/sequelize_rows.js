// Run migrations with Sequelize's own QueryInterface, each row in a database of its own; started in the folder that has its
// node_modules. Standard input and output as those of alembic_rows.py; the migrations are 1.js and 2.js.
const { createRequire } = require("module");
const fs = require("fs");
const os = require("os");
const path = require("path");

const Sequelize = createRequire(process.cwd() + "/")("sequelize");
const MARK = "SELECT '@row'";

async function run(folder, row) {
  const project = fs.mkdtempSync(path.join(os.tmpdir(), "sequelize-"));
  const database = new Sequelize(row.database, "postgres", "", { host: folder, dialect: "postgres", logging: false });
  try {
    for (const name of ["migrations/1.js", "migrations/2.js"]) {
      const file = path.join(project, path.basename(name));
      fs.writeFileSync(file, row.files[name]);
      await database.query(MARK);
      await require(file).up(database.getQueryInterface(), Sequelize);
    }
    return null;
  } catch (error) {
    return `${row.files["migrations/2.js"]}: ${error.message}`;
  } finally {
    await database.close();
    fs.rmSync(project, { recursive: true });
  }
}

async function main() {
  const given = JSON.parse(fs.readFileSync(0, "utf8"));
  const errors = [];
  for (const row of given.rows) errors.push(await run(given.folder, row));
  console.log(JSON.stringify(errors));
}

main();
