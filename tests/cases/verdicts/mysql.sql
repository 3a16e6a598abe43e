-- As postgresql.sql, for MySQL and MariaDB: statements of their manuals' pages ALTER TABLE, Online DDL Operations, CREATE TABLE,
-- CREATE VIEW and CREATE TRIGGER, written for this schema. MariaDB runs them in tests/live/databases.
-- schema
CREATE TABLE customers (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, name varchar(20), email varchar(100), points int NOT NULL DEFAULT 0);
CREATE UNIQUE INDEX customers_email ON customers (email);
CREATE INDEX customers_name ON customers (name);
CREATE TABLE orders (
  id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, customer_id int, quantity int NOT NULL DEFAULT 1, price decimal(10,2), note text, state enum('new', 'sent'),
  placed_at datetime NOT NULL DEFAULT CURRENT_TIMESTAMP, CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers (id), CONSTRAINT sane CHECK (quantity > -100)
);
CREATE TABLE settings (name varchar(20) NOT NULL, value varchar(20), UNIQUE KEY one_setting (name));
CREATE VIEW open_orders AS SELECT id, customer_id, quantity FROM orders;
-- statements
-- expand
CREATE TABLE refunds (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, why text NOT NULL) ENGINE=InnoDB;
-- expand
CREATE TABLE IF NOT EXISTS `refunds` (`id` int unsigned NOT NULL AUTO_INCREMENT, `order_id` bigint NOT NULL, PRIMARY KEY (`id`), KEY `by_order` (`order_id`), CONSTRAINT `refunded` FOREIGN KEY (`order_id`) REFERENCES `orders` (`id`)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
-- expand
CREATE TABLE order_copies AS SELECT * FROM orders;
-- expand
CREATE TABLE refunds LIKE orders;
-- expand
CREATE TEMPORARY TABLE scratch (n int);
-- expand
CREATE VIEW big_orders AS SELECT id FROM orders WHERE quantity > 10;
-- expand
ALTER TABLE orders ADD COLUMN channel varchar(10);
-- expand
ALTER TABLE orders ADD COLUMN channel varchar(10) NOT NULL DEFAULT 'web' AFTER quantity;
-- expand
ALTER TABLE orders ADD channel varchar(10) FIRST;
-- unknown
ALTER TABLE orders ADD COLUMN (channel varchar(10), shop int);
-- expand
ALTER TABLE orders ADD COLUMN channel varchar(10), ALGORITHM=INPLACE, LOCK=NONE;
-- expand
ALTER TABLE orders ADD COLUMN channel varchar(10), ALGORITHM=INSTANT;
-- expand
ALTER TABLE orders ADD COLUMN total decimal(12,2) GENERATED ALWAYS AS (quantity * price) VIRTUAL;
-- expand
ALTER TABLE orders ADD COLUMN total decimal(30,2) AS (quantity * price) STORED;
-- expand
ALTER TABLE orders ADD COLUMN changed_at timestamp NULL DEFAULT NULL ON UPDATE CURRENT_TIMESTAMP;
-- expand
ALTER TABLE orders ADD COLUMN changed_at datetime NOT NULL DEFAULT CURRENT_TIMESTAMP;
-- expand
ALTER TABLE orders ADD COLUMN details json;
-- expand
ALTER TABLE orders ADD INDEX by_note (note(20));
-- expand
ALTER TABLE orders ADD KEY by_price (price);
-- expand
CREATE INDEX by_price ON orders (price, quantity);
-- expand
ALTER TABLE orders ADD FULLTEXT INDEX words (note);
-- expand
CREATE FULLTEXT INDEX words ON orders (note);
-- expand
ALTER TABLE customers MODIFY name varchar(60);
-- expand
ALTER TABLE customers MODIFY name text;
-- expand
ALTER TABLE customers MODIFY COLUMN points bigint NOT NULL DEFAULT 0;
-- expand
ALTER TABLE customers CHANGE points points bigint NOT NULL DEFAULT 0;
-- expand
ALTER TABLE orders MODIFY price decimal(12,2);
-- expand
ALTER TABLE orders MODIFY quantity int NULL DEFAULT 1;
-- expand
ALTER TABLE orders MODIFY note longtext;
-- expand
ALTER TABLE orders MODIFY state enum('new', 'sent', 'lost');
-- expand
ALTER TABLE customers DROP INDEX customers_name;
-- expand
DROP INDEX customers_name ON customers;
-- expand
ALTER TABLE orders DROP FOREIGN KEY orders_customer;
-- expand
ALTER TABLE orders DROP CONSTRAINT sane;
-- expand
ALTER TABLE orders ENGINE=InnoDB;
-- expand
ALTER TABLE orders AUTO_INCREMENT = 1000;
-- expand
ALTER TABLE orders COMMENT = 'what was bought';
-- expand
ALTER TABLE customers RENAME INDEX customers_name TO by_name;
-- expand
ALTER TABLE customers ALTER COLUMN name SET DEFAULT 'none';
-- expand
ALTER TABLE customers ALTER COLUMN name DROP DEFAULT;
-- expand
SET FOREIGN_KEY_CHECKS = 0;
-- expand
ANALYZE TABLE orders;
-- expand
OPTIMIZE TABLE orders;
-- expand
ALTER TABLE orders ADD COLUMN channel varchar(10) NOT NULL; ALTER TABLE orders MODIFY channel varchar(10) NULL;
-- expand
CREATE TABLE refunds (id int); DROP TABLE refunds;
-- tightened
ALTER TABLE orders ADD COLUMN channel varchar(10) NOT NULL;
-- tightened
ALTER TABLE customers MODIFY name varchar(5);
-- tightened
ALTER TABLE customers MODIFY name varchar(20) NOT NULL;
-- tightened
ALTER TABLE orders MODIFY price decimal(8,2);
-- tightened
ALTER TABLE orders MODIFY quantity smallint NOT NULL DEFAULT 1;
-- tightened
ALTER TABLE orders MODIFY quantity int unsigned NOT NULL DEFAULT 1;
-- tightened
ALTER TABLE customers MODIFY points int NOT NULL;
-- tightened
ALTER TABLE customers ALTER COLUMN points DROP DEFAULT;
-- tightened
ALTER TABLE orders MODIFY state enum('new');
-- tightened
ALTER TABLE orders ADD UNIQUE KEY one_quantity (quantity);
-- tightened
CREATE UNIQUE INDEX one_quantity ON orders (quantity);
-- tightened
ALTER TABLE orders ADD CONSTRAINT one_quantity UNIQUE (quantity);
-- tightened
ALTER TABLE orders ADD CONSTRAINT positive CHECK (quantity > 0);
-- tightened
ALTER TABLE orders ADD CHECK (quantity > 0);
-- tightened
ALTER TABLE orders MODIFY quantity int NOT NULL DEFAULT 1 CHECK (quantity > 0);
-- tightened
ALTER TABLE orders MODIFY quantity int NOT NULL DEFAULT 1 UNIQUE;
-- tightened
ALTER TABLE orders ADD COLUMN rating int CHECK (coalesce(rating, 0) > 0);
-- tightened
ALTER TABLE orders ADD CONSTRAINT known FOREIGN KEY (quantity) REFERENCES customers (id);
-- tightened
ALTER TABLE orders ADD FOREIGN KEY (quantity) REFERENCES customers (id) ON DELETE CASCADE;
-- tightened
REVOKE INSERT ON orders FROM old_code;
-- contract
DROP TABLE orders;
-- contract
DROP TABLE IF EXISTS orders CASCADE;
-- contract
DROP VIEW open_orders;
-- contract
ALTER TABLE orders DROP COLUMN note;
-- contract
ALTER TABLE orders DROP note;
-- contract
ALTER TABLE orders DROP note, ADD COLUMN remark text;
-- contract
ALTER TABLE orders CHANGE note remark text;
-- contract
ALTER TABLE orders CHANGE COLUMN note remark text NULL AFTER id;
-- contract
ALTER TABLE orders RENAME COLUMN note TO remark;
-- contract
ALTER TABLE orders RENAME TO purchases;
-- contract
ALTER TABLE orders RENAME purchases;
-- contract
RENAME TABLE orders TO purchases;
-- contract
RENAME TABLE orders TO purchases, customers TO buyers;
-- contract
ALTER TABLE orders MODIFY placed_at int NOT NULL DEFAULT 0;
-- contract
ALTER TABLE orders MODIFY note int;
-- contract
ALTER TABLE customers DROP INDEX customers_email;
-- contract
DROP INDEX customers_email ON customers;
-- contract
ALTER TABLE orders MODIFY id bigint NOT NULL, DROP PRIMARY KEY;
-- data
UPDATE orders SET note = 'x';
-- data
UPDATE orders JOIN customers ON customers.id = orders.customer_id SET orders.note = customers.name;
-- data
DELETE FROM orders WHERE note IS NULL;
-- data
TRUNCATE TABLE orders;
-- data
INSERT INTO customers (name) VALUES ('Ana');
-- data
INSERT IGNORE INTO customers (name) VALUES ('Ana');
-- data
INSERT INTO settings (name) SELECT name FROM customers WHERE name IS NOT NULL;
-- data
REPLACE INTO settings VALUES ('theme', 'light');
-- unknown
CREATE OR REPLACE VIEW open_orders AS SELECT id FROM orders;
-- unknown
CREATE TRIGGER stop BEFORE INSERT ON orders FOR EACH ROW SET NEW.quantity = 1;
-- expand
CREATE PROCEDURE tidy() DELETE FROM orders;
-- unknown
CALL tidy();
-- unknown
ALTER TABLE orders CONVERT TO CHARACTER SET utf8mb4;
-- unknown
PREPARE work FROM 'DROP TABLE orders';
-- unknown
ALTER TABLE orders EXCHANGE PARTITION p0 WITH TABLE order_copies;
