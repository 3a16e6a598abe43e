# Run migrations with ActiveRecord itself, each row in a database of its own. Standard input and output as those of
# alembic_rows.py; the migrations are 1 and 2.
require "json"
require "tmpdir"
require "active_record"

MARK = "SELECT '@row'"
ActiveRecord::Migration.verbose = false
class User < ActiveRecord::Base; end

def run(folder, row)
  ActiveRecord::Base.establish_connection(adapter: "postgresql", host: folder, username: "postgres", database: row["database"])
  Dir.mktmpdir do |project|
    row["files"].each do |path, text|
      FileUtils.mkdir_p(File.dirname("#{project}/#{path}"))
      File.write("#{project}/#{path}", text)
    end
    context = ActiveRecord::MigrationContext.new("#{project}/db/migrate", ActiveRecord::SchemaMigration)
    [1, 2].each do |version|
      User.reset_column_information
      ActiveRecord::Base.connection.execute(MARK)
      context.up(version)
    end
  end
  nil
rescue StandardError => error
  "#{row["files"].values.last}: #{error.message}"
ensure
  ActiveRecord::Base.remove_connection
end

given = JSON.parse($stdin.read)
puts JSON.generate(given["rows"].map { |row| run(given["folder"], row) })
