-- What the old code does, each statement by itself.
INSERT INTO customers (name, email) VALUES ('Bo', 'bo@example.com') ON CONFLICT (email) DO NOTHING;
INSERT INTO orders (customer_id, note) VALUES (NULL, 'n');
INSERT INTO orders (quantity, note) VALUES (-5, 'n');
INSERT INTO orders (quantity, note) VALUES (-5, 'n');
UPDATE orders SET note = 'changed' WHERE quantity > 0;
SELECT id, customer_id, quantity, note FROM orders;
SELECT id, name FROM named;
SELECT id, name, email FROM customers;
