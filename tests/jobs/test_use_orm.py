"""What object-relational mappers, query builders and migrations send, in small folders of every language."""

import pytest

from scopeaudit.catalogue.orm_rules import load_orms, orm_problems
from scopeaudit.catalogue.rules import load_rules
from scopeaudit.jobs.use.reader import UseReader
from scopeaudit.model.document import Document
from scopeaudit.model.location import Source

RULES = load_rules()
POSTGRESQL = {"docker-compose.yml": "services:\n  db:\n    image: postgres:16\n"}
READ, ADD, CHANGE, REMOVE = {"SELECT"}, {"INSERT"}, {"SELECT", "UPDATE"}, {"SELECT", "DELETE"}
ALL_ROWS = {"SELECT", "INSERT", "UPDATE", "DELETE"}
DROPPED = "ALTER TABLE (DROP COLUMN, ALTER TYPE)"


def used(files: dict[str, str], provider: str = "postgresql") -> set[str]:
    """The operations of a provider that a folder uses."""
    reader = UseReader(RULES, None)
    for path, text in files.items():
        reader.take(Document(Source.TREE, path, text.encode()))
    return {each for use in reader.uses() if use.provider == provider for each in use.operations}


DJANGO_MODELS = "from django.db import models\nclass Item(models.Model):\n    name = models.TextField()\n    owner = models.ForeignKey('auth.User', models.CASCADE, related_name='things')\n"
RAILS = {
    "Gemfile": 'gem "rails"\ngem "pg"\n',
    "app/models/item.rb": "class Item < ApplicationRecord\n  has_many :parts\nend\n",
}
LARAVEL = {
    "composer.json": '{"require": {"laravel/framework": "^11"}}',
    ".env.example": "DB_CONNECTION=pgsql\n",
    "app/Models/Item.php": "<?php\nclass Item extends Model\n{\n}\n",
}
SPRING = {
    "build.gradle": "implementation 'org.springframework.boot:spring-boot-starter-data-jpa'\nruntimeOnly 'org.postgresql:postgresql'\n",
    "ItemRepository.java": "public interface ItemRepository\n    extends JpaRepository<Item, Long> {\n}\n",
}
PRISMA = {
    "package.json": '{"dependencies": {"@prisma/client": "5"}}',
    "prisma/schema.prisma": 'datasource db {\n  provider = "postgresql"\n}\nmodel OrderItem {\n  id Int @id\n}\n',
}
EF = {
    "App.csproj": '<PackageReference Include="Npgsql.EntityFrameworkCore.PostgreSQL" />',
    "AppDb.cs": "public class AppDb : DbContext { public DbSet<Item> Items { get; set; } }",
}
NODE = '{"dependencies": {"pg": "8", "%s": "1"}}'

FOLDERS: dict[str, tuple[dict[str, str], set[str]]] = {
    "django reads": ({"m.py": DJANGO_MODELS, "v.py": "def f():\n    return Item.objects.filter(a=1).order_by('b')\n"}, READ),
    "django adds": ({"m.py": DJANGO_MODELS, "v.py": "def f():\n    Item.objects.create(a=1)\n"}, ADD),
    "django adds what was made": ({"m.py": DJANGO_MODELS, "v.py": "def f():\n    item = Item(name='a')\n    item.save()\n"}, ADD),
    "django changes what was loaded": ({"m.py": DJANGO_MODELS, "v.py": "def f():\n    item = Item.objects.get(pk=1)\n    item.save(update_fields=['a'])\n"}, CHANGE),
    "django changes in a loop": ({"m.py": DJANGO_MODELS, "v.py": "for each in Item.objects.all():\n    item = each\n    item.save()\n"}, CHANGE),
    "django removes": ({"m.py": DJANGO_MODELS, "v.py": "def f():\n    Item.objects.filter(a=1).delete()\n"}, REMOVE),
    "django changes many": ({"m.py": DJANGO_MODELS, "v.py": "def f():\n    Item.objects.filter(a=1).update(b=2)\n"}, CHANGE),
    "django related": ({"m.py": DJANGO_MODELS, "v.py": "def f(user):\n    user.things.create(a=1)\n"}, ADD),
    "django view set": ({"m.py": DJANGO_MODELS, "v.py": "from rest_framework import viewsets\nclass V(viewsets.ModelViewSet):\n    queryset = Item.objects.all()\n"}, ALL_ROWS),
    "django shortcut": ({"m.py": DJANGO_MODELS, "v.py": "from django.shortcuts import get_object_or_404\ndef f():\n    get_object_or_404(Item, pk=1)\n"}, READ),
    "django's other objects": ({"m.py": DJANGO_MODELS, "v.py": "cache.delete('a')\nresponse.update(b=1)\nform.save()\n"}, set()),
    "django migration": (
        {"m.py": "from django.db import migrations\nops = [migrations.CreateModel(name='A', fields=[]), migrations.AddField('a', 'b', 1),\n"
                 "  migrations.AddIndex('a', 1), migrations.RemoveField('a', 'c'), migrations.DeleteModel('Z')]\n"},
        {"CREATE TABLE", "ALTER TABLE", "CREATE INDEX", DROPPED, "DROP TABLE"},
    ),
    "django raw SQL": ({"m.py": "from django.db import migrations\nops = [migrations.RunSQL('CREATE EXTENSION pg_trgm')]\n"}, {"CREATE EXTENSION (trusted)"}),
    "sqlalchemy 2 reads": ({"a.py": "from sqlalchemy import select\ndef f(session):\n    return session.scalars(select(Item).where(Item.a == 1)).all()\n"}, READ),
    "sqlalchemy adds": ({"a.py": "from sqlalchemy.orm import Session\ndef f(session: Session):\n    session.add(Item(a=1))\n    session.commit()\n"}, ADD),
    "sqlalchemy changes what was loaded": ({"a.py": "from sqlalchemy.orm import Session\ndef f(db: Session):\n    item = db.get(Item, 1)\n    item.name = 'x'\n    db.commit()\n"}, CHANGE),
    "sqlalchemy changes and removes": ({"a.py": "from sqlalchemy import update, delete\ndef f(conn):\n    conn.execute(update(Item).values(a=1))\n    conn.execute(delete(Item))\n"}, {"SELECT", "UPDATE", "DELETE"}),
    "sqlalchemy 1 reads and removes": ({"a.py": "import sqlalchemy\ndef f(session):\n    session.query(Item).filter(Item.a == 1).delete()\n"}, REMOVE),
    "sqlalchemy upserts": ({"a.py": "from sqlalchemy.dialects.postgresql import insert\ns = insert(items).values(a=1).on_conflict_do_update(index_elements=['a'])\n"}, {"INSERT", "UPDATE", "SELECT"}),
    "sqlalchemy makes tables": ({"a.py": "from sqlalchemy import create_engine\nBase.metadata.create_all(engine)\n"}, {"CREATE TABLE"}),
    "flask reads": ({"a.py": "from flask_sqlalchemy import SQLAlchemy\nitems = Item.query.filter_by(a=1).all()\n"}, READ),
    "sqlmodel reads": ({"a.py": "from sqlmodel import Session, select\ndef f(session: Session):\n    return session.exec(select(Hero)).all()\n"}, READ),
    "alembic": (
        {"a.py": "from alembic import op\nimport sqlalchemy as sa\ndef upgrade():\n    op.create_table('items', sa.Column('id', sa.Integer))\n"
                 "    op.create_index('i', 'items', ['id'])\n    op.add_column('items', sa.Column('a'))\n    op.drop_column('items', 'b')\n"},
        {"CREATE TABLE", "CREATE INDEX", "ALTER TABLE", DROPPED},
    ),
    "alembic SQL": ({"a.py": "from alembic import op\ndef upgrade():\n    op.execute('UPDATE items SET a = 1')\n"}, {"UPDATE"}),
    "peewee": ({"a.py": "from peewee import *\nclass Item(Model):\n    pass\nItem.create(a=1)\nItem.update(a=2).where(Item.b == 1).execute()\n"}, {"INSERT", "UPDATE", "SELECT"}),
    "rails reads": (RAILS | {"a.rb": "class C\n  def index\n    render json: Item.where(a: 1).order(:b)\n  end\nend\n"}, READ),
    "rails adds": (RAILS | {"a.rb": "def create\n  Item.create!(params)\nend\n"}, ADD),
    "rails adds what was made": (RAILS | {"a.rb": "def create\n  @item = Item.new(params)\n  if @item.save\n    ok\n  end\nend\n"}, ADD),
    "rails changes": (RAILS | {"a.rb": "def perform(item)\n  item.update!(a: 1)\nend\n"}, CHANGE),
    "rails removes": (RAILS | {"a.rb": "def destroy\n  Item.find(params[:id]).destroy\nend\n"}, REMOVE),
    "rails removes many": (RAILS | {"a.rb": "Item.where(a: 1).delete_all\n"}, REMOVE),
    "rails in its model": (RAILS | {"app/models/part.rb": "class Part < ApplicationRecord\n  def close!\n    update!(a: 1)\n  end\nend\n"}, CHANGE),
    "rails of many": (RAILS | {"a.rb": "item.parts.create!(a: 1)\n"}, ADD),
    "rails' other objects": (RAILS | {"a.rb": "Rails.cache.delete('a')\nhash.update(a: 1)\nclient.create(1)\n# Item.delete_all\n"}, set()),
    "rails migration": (
        {"Gemfile": RAILS["Gemfile"], "db/migrate/1_a.rb": "class A < ActiveRecord::Migration[7.1]\n  def change\n    create_table :items do |t|\n      t.string :a\n    end\n"
         "    add_index :items, :a\n    add_column :items, :b, :text\n    remove_column :items, :c\n  end\nend\n"},
        {"CREATE TABLE", "CREATE INDEX", "ALTER TABLE", DROPPED},
    ),
    "sequel": ({"Gemfile": 'gem "sequel"\ngem "pg"\n', "a.rb": "DB = Sequel.connect(ENV['U'])\nDB[:items].where(a: 1).update(b: 2)\nDB[:items].insert(a: 1)\n"}, {"SELECT", "UPDATE", "INSERT"}),
    "laravel reads": (LARAVEL | {"a.php": "<?php\n$items = Item::where('a', 1)->get();\n"}, READ),
    "laravel adds": (LARAVEL | {"a.php": "<?php\n$item = new Item();\n$item->a = 1;\n$item->save();\n"}, ADD),
    "laravel changes": (LARAVEL | {"a.php": "<?php\nfunction f(Item $item) { $item->update(['a' => 1]); }\n"}, CHANGE),
    "laravel removes": (LARAVEL | {"a.php": "<?php\nfunction f(Item $item) { $item->delete(); Cache::forget('a'); }\n"}, REMOVE),
    "laravel tables": (LARAVEL | {"a.php": "<?php\nuse Illuminate\\Support\\Facades\\DB;\nDB::table('items')->insert(['a' => 1]);\nDB::table('logs')->where('a', 1)->delete();\n"}, {"INSERT", "SELECT", "DELETE"}),
    "laravel migration": (LARAVEL | {"m.php": "<?php\nSchema::create('items', function (Blueprint $table) {\n  $table->string('a')->index();\n});\nSchema::table('items', function ($table) { $table->dropColumn('b'); });\n"},
                          {"CREATE TABLE", "CREATE INDEX", "ALTER TABLE", DROPPED}),
    "doctrine": ({"composer.json": '{"require": {"doctrine/orm": "3", "ext-pdo_pgsql": "*"}}',
                  "a.php": "<?php\nclass S { function __construct(private EntityManagerInterface $em) {}\n function f() { $this->em->persist(new Item()); $this->em->flush(); }\n"
                           " function g() { $item = $this->em->find(Item::class, 1); $this->em->remove($item); $this->em->flush(); } }\n"}, {"INSERT", "SELECT", "DELETE"}),
    "ecto": ({"mix.exs": "{:ecto_sql, \"~> 3\"}, {:postgrex, \">= 0\"}", "a.ex": "defmodule A do\n  def f(c), do: Repo.insert!(c)\n  def g, do: MyApp.Repo.get!(Item, 1) |> Repo.delete()\nend\n"}, {"INSERT", "SELECT", "DELETE"}),
    "ecto migration": ({"mix.exs": "{:ecto_sql, \"~> 3\"}, {:postgrex, \">= 0\"}", "m.exs": "defmodule M do\n  use Ecto.Migration\n  def change do\n    create table(:items) do\n      add :a, references(:b)\n    end\n"
                        "    create index(:items, [:a])\n    alter table(:items) do\n      add :c, :text\n    end\n  end\nend\n"}, {"CREATE TABLE", "CREATE INDEX", "ALTER TABLE", "REFERENCES"}),
    "spring adds": (SPRING | {"S.java": "class S {\n  private final ItemRepository items;\n  Item f() { return items.save(new Item(1)); }\n}\n"}, ADD),
    "spring changes": (SPRING | {"S.java": "class S {\n  private final ItemRepository items;\n  void f() { Item item = items.findById(1L).orElseThrow(); item.setA(2); items.save(item); }\n}\n"}, CHANGE),
    "spring's dirty rows": (SPRING | {"S.java": "class S {\n  private final ItemRepository items;\n  @Transactional\n  void f() {\n    Item item = items.findById(1L).orElseThrow();\n    item.setA(2);\n  }\n}\n"}, CHANGE),
    "spring removes": (SPRING | {"S.kt": "class S(private val items: ItemRepository) {\n  fun f(id: Long) = items.deleteById(id)\n}\n"}, REMOVE),
    "spring queries": (SPRING | {"R.java": 'interface R extends CrudRepository<Item, Long> {\n  @Query("delete from Item i where i.a = :a")\n  void purge(int a);\n}\n'}, REMOVE),
    "spring's other objects": (SPRING | {"S.java": "class S {\n  private final Map<String, String> cache;\n  void f() { cache.delete(1); service.save(new Item()); }\n}\n"}, set()),
    "entity manager": (SPRING | {"S.java": "import jakarta.persistence.EntityManager;\nclass S {\n  @PersistenceContext EntityManager em;\n  void f() { em.persist(new Item()); em.remove(em.find(Item.class, 1)); }\n}\n"}, {"INSERT", "DELETE", "SELECT"}),
    "jdbc template": (SPRING | {"S.java": 'class S {\n  void f() { jdbc.update("INSERT INTO items (a) VALUES (?)", 1); }\n}\n'}, ADD),
    "text block": (SPRING | {"S.java": 'class S {\n  String q = """\n      UPDATE items\n      SET a = ?\n      WHERE b = ?\n      """;\n}\n'}, CHANGE),
    "spring's derived queries": (SPRING | {"S.java": "class S {\n  private final ItemRepository items;\n  void f() { items.deleteByOwner(1); items.countByOwner(2); }\n}\n"}, REMOVE),
    "spring makes tables": ({"build.gradle": "org.postgresql:postgresql", "application.properties": "spring.jpa.hibernate.ddl-auto=update\n"}, {"CREATE TABLE", "ALTER TABLE"}),
    "spring checks tables": ({"build.gradle": "org.postgresql:postgresql", "application.yml": "spring:\n  jpa:\n    hibernate:\n      ddl-auto: validate\n"}, set()),
    "liquibase": ({"db/changelog.xml": '<databaseChangeLog>\n<!-- <dropTable tableName="z"/> -->\n<changeSet><createTable tableName="a"></createTable>\n<createIndex tableName="a"/></changeSet></databaseChangeLog>'}, {"CREATE TABLE", "CREATE INDEX"}),
    "liquibase in yaml": ({"db/changelog.yaml": "databaseChangeLog:\n  - changeSet:\n      changes:\n        - addColumn:\n            tableName: a\n"}, {"ALTER TABLE"}),
    "jooq": ({"build.gradle": "implementation 'org.jooq:jooq'\nimplementation 'org.postgresql:postgresql'", "S.java": "class S {\n  private final DSLContext dsl;\n  void f() { dsl.insertInto(ITEMS).set(ITEMS.A, 1).execute(); dsl.deleteFrom(ITEMS).execute(); }\n}\n"}, {"INSERT", "DELETE", "SELECT"}),
    "exposed": ({"build.gradle.kts": 'implementation("org.jetbrains.exposed:exposed-core")\nimplementation("org.postgresql:postgresql")', "T.kt": "object Items : IntIdTable(\"items\") {\n}\n",
                 "S.kt": "fun f() = transaction {\n  SchemaUtils.create(Items)\n  Items.insert { it[a] = 1 }\n  Items.selectAll().map { it }\n  Items.deleteWhere { a eq 1 }\n}\n"}, {"CREATE TABLE", "INSERT", "SELECT", "DELETE"}),
    "scala SQL": ({"build.sbt": '"org.postgresql" % "postgresql"', "S.scala": 'object S { def f = sql"select a from items".query[Int]\n def g = sql"""delete from items where a = 1""".update }\n'}, REMOVE),
    "ef core": (EF | {"S.cs": "class S(AppDb db) { async Task F() { db.Items.Add(new Item()); await db.SaveChangesAsync(); } async Task G() => await db.Items.Where(x => x.A == 1).ExecuteDeleteAsync(); }"}, {"INSERT", "SELECT", "DELETE"}),
    "ef core changes": (EF | {"S.cs": "class S(AppDb db) {\n  async Task F() {\n    var item = await db.Items.FindAsync(1);\n    item.A = 2;\n    await db.SaveChangesAsync();\n  }\n}"}, CHANGE),
    "ef core's other lists": (EF | {"S.cs": "class S { void F() { var list = new List<int>(); list.Add(1); list.Remove(1); } }"}, set()),
    "ef core migration": (EF | {"M.cs": 'class M { void Up(MigrationBuilder migrationBuilder) { migrationBuilder.CreateTable(name: "items"); migrationBuilder.CreateIndex(name: "i", table: "items"); migrationBuilder.AddColumn<int>(name: "a", table: "items"); } }'}, {"CREATE TABLE", "CREATE INDEX", "ALTER TABLE"}),
    "gorm": ({"go.mod": "require (\n gorm.io/gorm v1\n gorm.io/driver/postgres v1\n)", "a.go": "package a\nimport \"gorm.io/gorm\"\nfunc f(db *gorm.DB) {\n\tdb.Create(&Item{})\n\tvar item Item\n\tdb.WithContext(ctx).Where(\"a = ?\", 1).First(&item)\n\tdb.Model(&item).Updates(x)\n\tdb.Delete(&item)\n}\n"}, ALL_ROWS),
    "gorm migrates": ({"go.mod": "gorm.io/gorm gorm.io/driver/postgres", "a.go": "package a\nimport \"gorm.io/gorm\"\nfunc f(db *gorm.DB) error { return db.AutoMigrate(&Item{}) }\n"}, {"CREATE TABLE", "ALTER TABLE"}),
    "gorm saves": ({"go.mod": "gorm.io/gorm gorm.io/driver/postgres", "a.go": "package a\nimport \"gorm.io/gorm\"\nfunc f(db *gorm.DB) error { return db.Save(&item).Error }\n"}, CHANGE),
    "bun": ({"go.mod": "github.com/uptrace/bun github.com/jackc/pgx", "a.go": "package a\nimport \"github.com/uptrace/bun\"\nfunc f(db *bun.DB) { db.NewInsert().Model(x).Exec(ctx) }\n"}, ADD),
    "pgx copies": ({"go.mod": "github.com/jackc/pgx/v5", "a.go": "package a\nimport \"github.com/jackc/pgx/v5\"\nfunc f(conn *pgx.Conn) { conn.CopyFrom(ctx, pgx.Identifier{\"items\"}, nil, nil) }\n"}, {"COPY FROM STDIN"}),
    "diesel": ({"Cargo.toml": 'diesel = { version = "2", features = ["postgres"] }', "a.rs": "use diesel::prelude::*;\nfn f(c: &mut PgConnection) {\n  diesel::insert_into(items::table).values(&x).execute(c);\n  items.filter(a.eq(1)).load::<Item>(c);\n  diesel::delete(items.find(1)).execute(c);\n}\n"}, {"INSERT", "SELECT", "DELETE"}),
    "sea-orm": ({"Cargo.toml": 'sea-orm = { version = "1", features = ["sqlx-postgres"] }', "a.rs": "use sea_orm::*;\nasync fn f(db: &DatabaseConnection) {\n  item::Entity::find().all(db).await;\n  let active = item::ActiveModel { ..Default::default() };\n  active.insert(db).await;\n}\n"}, {"INSERT", "SELECT"}),
    "sqlx macros": ({"Cargo.toml": 'sqlx = { features = ["postgres"] }', "a.rs": 'async fn f(p: &PgPool) {\n  sqlx::query_as!(Item, r#"SELECT a FROM items WHERE b = $1"#, 1).fetch_all(p).await;\n  sqlx::query!("DELETE FROM items WHERE a = $1", 1).execute(p).await;\n}\n'}, REMOVE),
    "prisma": (PRISMA | {"a.ts": "export const f = (db: any) => db.orderItem.create({ data: {} });\nexport const g = () => prisma.orderItem.findMany();\n"}, {"INSERT", "SELECT"}),
    "prisma in a transaction": (PRISMA | {"a.ts": "await prisma.$transaction(async (tx) => { await tx.orderItem.update({ where: {}, data: {} }); await tx.orderItem.deleteMany({}); });\n"}, {"SELECT", "UPDATE", "DELETE"}),
    "prisma raw": (PRISMA | {"a.ts": "await prisma.$executeRaw`TRUNCATE TABLE items`;\n"}, {"TRUNCATE"}),
    "typeorm": ({"package.json": NODE % "typeorm", "a.ts": "import { Repository } from 'typeorm';\nclass S {\n  constructor(@InjectRepository(Item) private readonly items: Repository<Item>) {}\n  f() { return this.items.insert({}); }\n  g() { return this.items.findOneByOrFail({}); }\n}\n"}, {"INSERT", "SELECT"}),
    "typeorm saves": ({"package.json": NODE % "typeorm", "a.ts": "import { Repository } from 'typeorm';\nclass S {\n  constructor(private items: Repository<Item>) {}\n  f() { const item = this.items.create({}); return this.items.save(item); }\n}\n"}, ADD),
    "typeorm builds": ({"package.json": NODE % "typeorm", "a.ts": "const r = dataSource.getRepository(Item);\nawait r.createQueryBuilder().delete().where('a = 1').execute();\n"}, REMOVE),
    "typeorm migration": ({"package.json": NODE % "typeorm", "a.ts": "import { QueryRunner, Table } from 'typeorm';\nexport class M {\n  async up(queryRunner: QueryRunner) { await queryRunner.createTable(new Table({ name: 'items' })); await queryRunner.createIndex('items', x); }\n}\n"}, {"CREATE TABLE", "CREATE INDEX"}),
    "sequelize": ({"package.json": NODE % "sequelize", "m.js": "const Item = sequelize.define('Item', {});\n", "a.js": "const { Item } = require('./m');\nasync function f() { await Item.create({}); const item = await Item.findByPk(1); await item.destroy(); }\n"}, {"INSERT", "SELECT", "DELETE"}),
    "sequelize migration": ({"package.json": NODE % "sequelize", "m.js": "module.exports = { up: async (queryInterface) => { await queryInterface.createTable('items', {}); await queryInterface.addIndex('items', ['a']); } };\n"}, {"CREATE TABLE", "CREATE INDEX"}),
    "knex": ({"package.json": NODE % "knex", "a.js": "const db = require('knex')({ client: 'pg' });\nawait db('items').where({ a: 1 }).update({ b: 2 });\nawait db('items').insert({});\n"}, {"SELECT", "UPDATE", "INSERT"}),
    "knex migration": ({"package.json": NODE % "knex", "a.js": "exports.up = (knex) => knex.schema.createTable('items', (table) => { table.index(['a']); });\n"}, {"CREATE TABLE", "CREATE INDEX"}),
    "drizzle": ({"package.json": NODE % "drizzle-orm", "a.ts": "import { db } from './db';\nawait db.insert(items).values({}).onConflictDoUpdate({});\nawait db.delete(items).where(eq(items.a, 1));\n"}, ALL_ROWS),
    "kysely": ({"package.json": NODE % "kysely", "a.ts": "await db.selectFrom('items').selectAll().execute();\nawait db.updateTable('items').set({}).execute();\n"}, CHANGE),
    "tagged SQL": ({"package.json": NODE % "postgres", "a.ts": "import postgres from 'postgres';\nconst sql = postgres(url);\nawait sql`DELETE FROM items WHERE a = ${x}`;\n"}, REMOVE),
}  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), FOLDERS.values(), ids=FOLDERS)
def test_a_folder_sends_what_its_mapper_documents(files: dict[str, str], expected: set[str]) -> None:
    assert used(POSTGRESQL | files) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            {"settings.py": "DATABASES = {'default': {'ENGINE': 'django.db.backends.mysql'}}"},
            {"mysql:INSERT"},
        ),
        ({"settings.py": "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3'}}"}, set()),
        ({"a.yml": "image: postgres:16\n", "b.yml": "image: mysql:8\n"}, set()),
        ({}, set()),
    ],
    ids=["mysql", "sqlite", "two databases", "none named"],
)
def test_a_mapper_sends_to_the_one_database_that_is_named(files: dict[str, str], expected: set[str]) -> None:
    folder = files | {"m.py": DJANGO_MODELS, "v.py": "Item.objects.create(a=1)\n"}
    assert used(folder, "mysql") | used(folder) == expected


def test_calls_in_tests_are_not_counted() -> None:
    folder = POSTGRESQL | {"m.py": DJANGO_MODELS, "tests/test_items.py": "Item.objects.all().delete()\n"}
    assert used(folder) == set()


def test_the_table_is_told_where_it_is_written_out() -> None:
    reader = UseReader(RULES, None)
    model = "class Item(Base):\n    __tablename__ = 'items'\nclass Part(Model):\n    class Meta:\n        db_table = 'parts'\n"
    for path, text in (
        POSTGRESQL | {"m.py": f"import django\n{model}", "v.py": "Part.objects.create()\n"}
    ).items():
        reader.take(Document(Source.TREE, path, text.encode()))
    assert [(use.shown, use.resources) for use in reader.uses()] == [
        ("Django Part.objects.create", ("table/parts",))
    ]


def test_every_statement_of_the_rules_is_one_of_the_catalogue() -> None:
    assert orm_problems(RULES) == ()
    assert all(orm.source.startswith("https://") for orm in load_orms(RULES))
