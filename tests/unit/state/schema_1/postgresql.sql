-- What a gateway made before it had Alembic (gateway_schema 1), as SQLAlchemy compiled its tables then; and one customer.
CREATE TABLE aliases (
  "old" VARCHAR(400) NOT NULL,
  "new" VARCHAR(400) NOT NULL,
  created DOUBLE PRECISION NOT NULL,
  PRIMARY KEY ("old")
);
CREATE INDEX aliases_new ON aliases ("new");
CREATE TABLE customers (
  id VARCHAR(40) NOT NULL,
  created DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (id)
);
CREATE TABLE gateway_schema (
  version SERIAL NOT NULL,
  PRIMARY KEY (version)
);
CREATE TABLE identifiers (
  backend VARCHAR(120) NOT NULL,
  space VARCHAR(120) NOT NULL,
  key VARCHAR(400) NOT NULL,
  value TEXT NOT NULL,
  expires DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (backend, space, key)
);
CREATE TABLE key_values (
  space VARCHAR(120) NOT NULL,
  key VARCHAR(400) NOT NULL,
  value BYTEA NOT NULL,
  expires DOUBLE PRECISION,
  PRIMARY KEY (space, key)
);
CREATE INDEX key_values_expires ON key_values (expires);
CREATE TABLE revocations (
  issuer VARCHAR(400) NOT NULL,
  subject VARCHAR(600) NOT NULL,
  token VARCHAR(400) NOT NULL,
  revoked DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (issuer, subject, token)
);
CREATE TABLE customers_searched (
  customer VARCHAR(40) NOT NULL,
  backend VARCHAR(120) NOT NULL,
  PRIMARY KEY (customer, backend),
  FOREIGN KEY(customer) REFERENCES customers (id) ON DELETE CASCADE
);
CREATE TABLE identity_links (
  backend VARCHAR(120) NOT NULL,
  native_id VARCHAR(400) NOT NULL,
  customer VARCHAR(40) NOT NULL,
  status VARCHAR(12) NOT NULL,
  updated DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (backend, native_id),
  FOREIGN KEY(customer) REFERENCES customers (id) ON DELETE CASCADE
);
CREATE INDEX identity_links_customer ON identity_links (customer);
CREATE TABLE merged_customers (
  "old" VARCHAR(40) NOT NULL,
  customer VARCHAR(40) NOT NULL,
  PRIMARY KEY ("old"),
  FOREIGN KEY(customer) REFERENCES customers (id) ON DELETE CASCADE
);
CREATE TABLE persons (
  person VARCHAR(600) NOT NULL,
  customer VARCHAR(40) NOT NULL,
  PRIMARY KEY (person),
  FOREIGN KEY(customer) REFERENCES customers (id) ON DELETE CASCADE
);
CREATE INDEX persons_customer ON persons (customer);
INSERT INTO gateway_schema VALUES (1);
INSERT INTO customers VALUES ('c1', 1.0);
INSERT INTO persons VALUES ('ann', 'c1');
