BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0002');
CREATE TABLE events (
	room_id INTEGER NOT NULL, 
	seq BIGINT NOT NULL, 
	type VARCHAR(16) NOT NULL, 
	at BIGINT NOT NULL, 
	author_id VARCHAR(64) NOT NULL, 
	author_name VARCHAR(64) NOT NULL, 
	text TEXT NOT NULL, 
	nonce VARCHAR(64), 
	PRIMARY KEY (room_id, seq), 
	FOREIGN KEY(room_id) REFERENCES rooms (id)
)
 WITHOUT ROWID

;
INSERT INTO "events" VALUES(1,1,'message',1760000610069,'1f0c3a5be2d44f7786aa01','Ana Prado','Bom dia!','n1');
INSERT INTO "events" VALUES(1,2,'message',1760000671076,'2a9d','Zé 🦆','olá  mundo
	second line
third','n2');
INSERT INTO "events" VALUES(1,3,'message',1760000732083,'guest-0123456789abcdef01','ci','The build is green: https://ci.example/71?a=1&b=2','build-71');
INSERT INTO "events" VALUES(1,4,'message',1760000793090,'3b7e','Léa O''Neil','It''s **bold**, `code` and <b>no HTML</b> & more','n3');
INSERT INTO "events" VALUES(1,5,'message',1760000854097,'4c','سارة','مرحبا بالجميع','n4');
INSERT INTO "events" VALUES(1,6,'message',1760000915104,'2a9d','Zé 🦆','👩🏽‍🚀 👨‍👩‍👧‍👦 🇧🇷 é vs é','n5');
INSERT INTO "events" VALUES(1,7,'message',1760000976111,'guest-0123456789abcdef01','ci','plain, without a nonce',NULL);
INSERT INTO "events" VALUES(1,8,'message',1760001037118,'guest-0123456789abcdef01','ci','plain, without a nonce',NULL);
INSERT INTO "events" VALUES(1,9,'message',1760001098125,'1f0c3a5be2d44f7786aa01','Ana Prado','‮right to left‬ź̖̗','n6');
INSERT INTO "events" VALUES(1,10,'message',1760001159132,'1f0c3a5be2d44f7786aa01','Ana Prado','quotes '' " \ ; -- DROP TABLE events','n7');
INSERT INTO "events" VALUES(2,1,'message',1760001220139,'1f0c3a5be2d44f7786aa01','Ana Prado','Café com pão de queijo?','n8');
INSERT INTO "events" VALUES(2,2,'message',1760001281146,'3b7e','Léa O''Neil','comunicação','n9');
INSERT INTO "events" VALUES(2,3,'message',1760001342153,'2a9d','Zé 🦆','xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx','n10');
INSERT INTO "events" VALUES(3,1,'message',1760001403160,'2a9d','Zé 🦆','std::vector<int> v{1, 2, 3};','n11');
INSERT INTO "events" VALUES(4,1,'message',1760001464167,'2a9d','Zé 🦆','int main(void) { return 0; }','n12');
INSERT INTO "events" VALUES(4,2,'message',1760001525174,'1f0c3a5be2d44f7786aa01','Ana Prado','同じ名前','n13');
CREATE TABLE markers (
	person_id VARCHAR(64) NOT NULL, 
	room_id INTEGER NOT NULL, 
	seq BIGINT NOT NULL, 
	PRIMARY KEY (person_id, room_id), 
	FOREIGN KEY(room_id) REFERENCES rooms (id)
);
INSERT INTO "markers" VALUES('1f0c3a5be2d44f7786aa01',1,10);
INSERT INTO "markers" VALUES('1f0c3a5be2d44f7786aa01',2,3);
INSERT INTO "markers" VALUES('2a9d',1,6);
INSERT INTO "markers" VALUES('3b7e',2,0);
INSERT INTO "markers" VALUES('4c',1,2);
CREATE TABLE meta (
	"key" VARCHAR(32) NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "meta" VALUES('epoch','e97797c57cf89c6b');
INSERT INTO "meta" VALUES('checked_at','1760001891216');
CREATE TABLE people (
	id VARCHAR(64) NOT NULL, 
	name VARCHAR(64) NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "people" VALUES('1f0c3a5be2d44f7786aa01','Ana Prado');
INSERT INTO "people" VALUES('2a9d','Zé 🦆');
INSERT INTO "people" VALUES('3b7e','Léa O''Neil');
INSERT INTO "people" VALUES('4c','سارة');
INSERT INTO "people" VALUES('5d','Nobody who ever wrote');
CREATE TABLE rooms (
	id INTEGER NOT NULL, 
	slug VARCHAR(64) NOT NULL, 
	name VARCHAR(64) NOT NULL, 
	created_at BIGINT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (slug)
);
INSERT INTO "rooms" VALUES(1,'general','general',1795642613166);
INSERT INTO "rooms" VALUES(2,'café-da-manhã','Café da Manhã ☕',1760000061007);
INSERT INTO "rooms" VALUES(3,'c','C++',1760000122014);
INSERT INTO "rooms" VALUES(4,'c-2','C',1760000183021);
INSERT INTO "rooms" VALUES(5,'空の部屋','空の部屋',1760000244028);
CREATE UNIQUE INDEX events_nonce ON events (author_id, nonce) WHERE nonce IS NOT NULL;
COMMIT;
