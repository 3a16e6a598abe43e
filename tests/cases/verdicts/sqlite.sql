-- As postgresql.sql, for SQLite, which changes a table by copying, dropping and renaming it. After its manual's pages on ALTER TABLE and CREATE TABLE.
-- schema
CREATE TABLE customers (id integer PRIMARY KEY AUTOINCREMENT, name varchar(20), email text);
CREATE UNIQUE INDEX customers_email ON customers (email);
CREATE INDEX customers_name ON customers (name);
CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer, quantity integer NOT NULL DEFAULT 1, note text);
CREATE VIEW named AS SELECT id, name FROM customers WHERE name IS NOT NULL;
-- statements
-- expand
CREATE TABLE refunds (id integer PRIMARY KEY, why text NOT NULL);
-- expand
CREATE TEMPORARY TABLE scratch (n integer);
-- expand
CREATE VIEW big AS SELECT id FROM orders WHERE quantity > 5;
-- expand
CREATE INDEX orders_note ON orders (note);
-- expand
CREATE INDEX orders_note ON orders (note); -- for the search
ALTER TABLE orders ADD COLUMN channel text;
/* no more */
-- expand
ALTER TABLE orders ADD COLUMN channel text;
-- expand
ALTER TABLE orders ADD COLUMN channel text NOT NULL DEFAULT 'web';
-- expand
ALTER TABLE orders ADD COLUMN doubled integer GENERATED ALWAYS AS (quantity * 2) VIRTUAL;
-- expand
DROP INDEX customers_name;
-- expand
PRAGMA foreign_keys = ON;
-- expand
CREATE TABLE new_orders (id integer PRIMARY KEY, customer_id integer, quantity integer NOT NULL DEFAULT 1, note text, channel text); INSERT INTO new_orders SELECT id, customer_id, quantity, note, NULL FROM orders; DROP TABLE orders; ALTER TABLE new_orders RENAME TO orders;
-- expand
CREATE TABLE refunds (id integer); DROP TABLE refunds;
-- tightened
ALTER TABLE orders ADD COLUMN channel text CHECK (quantity > 0);
-- tightened
CREATE UNIQUE INDEX one_quantity ON orders (quantity);
-- tightened
CREATE TABLE new_orders (id integer PRIMARY KEY, customer_id integer NOT NULL, quantity integer NOT NULL DEFAULT 1, note text); INSERT INTO new_orders SELECT id, customer_id, quantity, note FROM orders WHERE customer_id IS NOT NULL; DROP TABLE orders; ALTER TABLE new_orders RENAME TO orders;
-- contract
DROP TABLE customers;
-- contract
ALTER TABLE orders DROP COLUMN note;
-- contract
ALTER TABLE orders RENAME COLUMN note TO remark;
-- contract
ALTER TABLE orders RENAME TO purchases;
-- contract
DROP VIEW named;
-- contract
DROP INDEX customers_email;
-- contract
CREATE TABLE new_orders (id integer PRIMARY KEY, customer_id integer, quantity integer NOT NULL DEFAULT 1); INSERT INTO new_orders SELECT id, customer_id, quantity FROM orders; DROP TABLE orders; ALTER TABLE new_orders RENAME TO orders;
-- data
UPDATE orders SET note = 'x';
-- data
DELETE FROM orders WHERE quantity < 0;
-- data
INSERT INTO customers (name) VALUES ('Ana');
-- unknown
CREATE TRIGGER stop BEFORE INSERT ON orders BEGIN SELECT RAISE(ABORT, 'refused'); END;
-- unknown
DROP INDEX made_elsewhere;
-- unknown
ALTER TABLE orders RENAME TO purchases; CREATE VIEW orders AS SELECT * FROM purchases;
-- unknown
DROP VIEW named; CREATE VIEW named AS SELECT id FROM customers;
-- unknown
this is not SQL;
