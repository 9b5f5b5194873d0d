import pg from 'pg';

/** A vulnerability to insert. Its row has the number of its position, from 1. */
export interface Clair2Row {
  readonly namespace: string;
  readonly name: string;
  readonly severity?: string;
  readonly metadata?: string;
  readonly isDeleted?: boolean;
  readonly fixedIn?: Readonly<Record<string, string>>;
}

/** A notification to insert; sides are numbers of vulnerabilities. */
export interface Clair2NotificationRow {
  readonly name: string;
  readonly notifiedAt?: string;
  readonly isDeleted?: boolean;
  readonly old?: number;
  readonly new?: number;
}

/** The tables of Clair 2.1 that hold vulnerabilities and notifications, without those of layers. */
const tables = `
  create type severity as enum ('Unknown', 'Negligible', 'Low', 'Medium', 'High', 'Critical', 'Defcon1');
  create table namespace (id serial primary key, name varchar(128), version_format varchar(128));
  create table feature (
    id serial primary key, namespace_id int not null references namespace, name varchar(128) not null,
    unique (namespace_id, name)
  );
  create table vulnerability (
    id serial primary key, namespace_id int not null references namespace, name varchar(128) not null,
    description text, link varchar(128), severity severity not null, metadata text,
    created_at timestamptz, deleted_at timestamptz
  );
  create table vulnerability_fixedin_feature (
    id serial primary key, vulnerability_id int not null references vulnerability on delete cascade,
    feature_id int not null references feature, version varchar(128) not null,
    unique (vulnerability_id, feature_id)
  );
  create table vulnerability_notification (
    id serial primary key, name varchar(64) not null unique,
    created_at timestamptz, notified_at timestamptz, deleted_at timestamptz,
    old_vulnerability_id int references vulnerability on delete cascade,
    new_vulnerability_id int references vulnerability on delete cascade
  )`;

/** Makes the schema of a connection string one of Clair 2 with these rows. Returns the connection string. */
export async function makeClair2(
  url: string,
  vulnerabilities: readonly Clair2Row[],
  notifications: readonly Clair2NotificationRow[] = [],
): Promise<string> {
  await runOn(url, async (client) => {
    await client.query(tables);
    for (const row of vulnerabilities) await insertVulnerabilityRow(client, row);
    for (const row of notifications) await insertNotificationRow(client, row);
  });
  return url;
}

/** Runs statements on the database of a connection string. */
export async function runOn(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const path = new URL(url).searchParams.get('search_path');
    if (path !== null) await client.query(`set search_path = ${pg.escapeIdentifier(path)}`);
    await work(client);
  } finally {
    await client.end();
  }
}

async function insertVulnerabilityRow(client: pg.Client, row: Clair2Row): Promise<void> {
  const { namespace, name, severity = 'High', metadata = null, isDeleted = false, fixedIn = {} } = row;
  await client.query(
    `insert into namespace (name, version_format)
     select $1::varchar, 'dpkg' where not exists (select 1 from namespace where name = $1)`,
    [namespace],
  );
  const { rows } = await client.query<{ id: number; namespace_id: number }>(
    `insert into vulnerability (namespace_id, name, description, link, severity, metadata, created_at, deleted_at)
     select id, $2, $6, 'https://acme.example', $3::severity, $4, now(), case when $5 then now() end
     from namespace where name = $1 returning id, namespace_id`,
    [namespace, name, severity, metadata, isDeleted, `about ${name}`],
  );
  for (const [feature, version] of Object.entries(fixedIn)) {
    await client.query('insert into feature (namespace_id, name) values ($1, $2) on conflict do nothing', [
      rows[0]?.namespace_id,
      feature,
    ]);
    await client.query(
      `insert into vulnerability_fixedin_feature (vulnerability_id, feature_id, version)
       select $1, id, $4 from feature where namespace_id = $2 and name = $3`,
      [rows[0]?.id, rows[0]?.namespace_id, feature, version],
    );
  }
}

async function insertNotificationRow(client: pg.Client, row: Clair2NotificationRow): Promise<void> {
  const { name, notifiedAt = null, isDeleted = false, old = null, new: is = null } = row;
  await client.query(
    `insert into vulnerability_notification
       (name, created_at, notified_at, deleted_at, old_vulnerability_id, new_vulnerability_id)
     values ($1, '2020-01-02T00:00:00Z', $2, case when $3 then now() end, $4, $5)`,
    [name, notifiedAt, isDeleted, old, is],
  );
}
