-- What the old code does, each statement by itself. It writes rows that today's constraints allow and a stricter one would not.
INSERT INTO customers (name, email) VALUES ('a name of 19 letters', 'a@example.com') ON DUPLICATE KEY UPDATE points = points + 1;
INSERT INTO customers (name, email) VALUES ('a name of 19 letters', 'a@example.com') ON DUPLICATE KEY UPDATE points = points + 1;
INSERT INTO customers (name, email) VALUES (NULL, NULL);
INSERT INTO orders (id, customer_id, quantity, price, note) VALUES (7, NULL, 100000, 12345678.90, NULL);
INSERT INTO orders (customer_id, quantity, note, state) VALUES ((SELECT id FROM customers WHERE email = 'a@example.com'), -5, 'no such city', 'sent');
INSERT INTO orders (quantity, note, placed_at) VALUES (-5, 'n', '2026-05-05 10:00:00');
REPLACE INTO settings (name, value) VALUES ('theme', 'dark');
UPDATE orders SET quantity = quantity + 1, note = 'changed', price = price * 2 WHERE quantity > 0;
SELECT c.id, c.name, c.email, o.quantity + 1, o.price + 1, concat(o.note, ''), o.state, date(o.placed_at) FROM customers c LEFT JOIN orders o ON o.customer_id = c.id;
SELECT id, customer_id, quantity FROM open_orders;
SELECT id FROM customers FORCE INDEX (customers_email) WHERE email = 'a@example.com';
DELETE FROM orders WHERE quantity = -4;
