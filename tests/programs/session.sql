-- A session that walks through most of SQLite: what it prints must be the same on every system.
.headers on
.mode column
PRAGMA page_size = 1024;
CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, born INTEGER CHECK(born > 1000), note BLOB);
CREATE TABLE book(id INTEGER PRIMARY KEY, title TEXT, author INTEGER REFERENCES person(id) ON DELETE CASCADE, price REAL);
CREATE INDEX book_by_price ON book(price DESC, title);
CREATE TRIGGER expensive AFTER INSERT ON book WHEN new.price > 90
  BEGIN UPDATE person SET note = coalesce(note, '') || 'dear:' || new.title || ';' WHERE id = new.author; END;
CREATE VIEW shelf AS SELECT name, title, price FROM book JOIN person ON author = person.id;
INSERT INTO person(name, born) VALUES ('Ada', 1815), ('Alan', 1912), ('Grace', 1906), ('Edsger', 1930);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
  INSERT INTO book(title, author, price) SELECT printf('Volume %04d', i), i % 4 + 1, (i * 37 % 1000) / 10.0 FROM n;
SELECT count(*), sum(price), avg(price), min(title), max(title) FROM book;
SELECT name, count(*) AS books, round(total(price), 2) AS worth FROM shelf GROUP BY name ORDER BY worth DESC;
SELECT name, length(note), substr(note, 1, 40) FROM person ORDER BY id;
SELECT title, price, rank() OVER (ORDER BY price DESC, title) AS place FROM book WHERE author = 2 LIMIT 5;
EXPLAIN QUERY PLAN SELECT title FROM book WHERE price > 99 ORDER BY price DESC;
BEGIN;
DELETE FROM book WHERE id % 2 = 0;
SELECT count(*) AS during, changes() AS gone FROM book;
ROLLBACK;
SELECT count(*) AS after FROM book;
PRAGMA foreign_keys = ON;
DELETE FROM person WHERE name = 'Edsger';
SELECT count(*) AS orphans_gone FROM book;
INSERT INTO person(name, born) VALUES ('Ada', 1900);
INSERT INTO person(name, born) VALUES ('Nobody', 5);
INSERT INTO person(name, born) VALUES ('Ada', 1900) ON CONFLICT(name) DO UPDATE SET born = excluded.born - 85 RETURNING *;
.mode list
SELECT upper('mixed Case'), substr('abcdef', -3, 2), replace('a-b-c', '-', '+'), hex('xyz'), quote('it''s'), typeof(1.0);
SELECT date('2024-02-28', '+2 days'), strftime('%j %W', '2024-12-31'), julianday('2000-01-01 12:00');
SELECT json_extract('{"a":[1,2,{"b":"deep"}]}', '$.a[2].b'), json_group_array(born) FROM person;
SELECT 9223372036854775807 + 0, 9223372036854775807 + 1, 1 << 40, 7 / 2, 7 % -3, 7.0 / 2, 1e308 * 10, 'abc' LIKE 'A%', 'x' GLOB '[a-z]';
SELECT group_concat(name, '|') FILTER (WHERE born < 1910) FROM (SELECT * FROM person ORDER BY name);
CREATE VIRTUAL TABLE words USING fts5(body);
INSERT INTO words VALUES ('the quick brown fox'), ('jumps over the lazy dog'), ('quick quick slow');
SELECT rowid, highlight(words, 0, '[', ']') FROM words WHERE words MATCH 'quick OR dog' ORDER BY rank, rowid;
CREATE VIRTUAL TABLE area USING rtree(id, x0, x1, y0, y1);
INSERT INTO area SELECT id, id, id + 5, id * 2, id * 2 + 5 FROM book WHERE id < 200;
SELECT count(*), min(id), max(id) FROM area WHERE x0 >= 20 AND x1 <= 60 AND y1 > 90;
ATTACH 'second.db' AS second;
CREATE TABLE second.copy AS SELECT id, title FROM main.book WHERE id <= 100;
SELECT count(*), sum(id) FROM second.copy;
DETACH second;
VACUUM;
PRAGMA integrity_check;
ANALYZE;
SELECT tbl, idx, stat FROM sqlite_stat1 WHERE tbl IN ('person', 'book') ORDER BY 1, 2;
SELECT hex(zeroblob(4)), length(randomblob(16)), abs(-5), iif(1 > 2, 'no', 'yes'), sqlite_version();
SELECT round(sqrt(2), 6), round(sin(1), 6), pow(2, 10), ceil(1.2), trunc(-1.7);
.schema person
.dump words
