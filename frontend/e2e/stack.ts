// The real thing, once for all tests: the program with its private Postgres and Redis and the simulated outside world, behind
// nginx with TLS as deploy/nginx/nginx.conf has it. Everything listens on free ports of loopback and is ended by its pid.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { seed, type Samples } from './seed';

export interface Account {
  email: string;
  password: string;
}

export interface Stack {
  /** Where browsers go: nginx, with TLS. */
  url: string;
  /** The API itself, without TLS, for what the tests do beside the browser. */
  api: string;
  /** The simulator's own address, for /_sim. */
  simulator: string;
  admin: Account;
  operator: Account;
  user: Account;
  /** Values for the dynamic routes, which there is something to see of. */
  samples: Samples;
  /** What the program and nginx have written. */
  log: string;
  /** A script of "the build before this one", only in STATIC_PREVIOUS_DIR. */
  previousChunk: string;
}

declare module 'vitest' {
  export interface ProvidedContext {
    stack: Stack;
  }
}

const repository = fileURLToPath(new URL('../..', import.meta.url));
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** Milliseconds that a start may take; on a quiet machine it takes 8 s. */
const patience = 240_000;

export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const dir = mkdtempSync(join(tmpdir(), 'tickerwire-e2e-'));
  chmodSync(dir, 0o755); // for the user that Postgres runs as under root
  const started: ChildProcess[] = [];
  // Who ends the tests by a signal ends these, too.
  const abandon = () => {
    for (const child of started) child.kill('SIGTERM');
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
    process.exit(1);
  };
  // As does what ends by itself before it has come to the teardown: by an error that nobody foresaw, or a closed pipe.
  const leave = () => started.forEach((child) => child.kill('SIGTERM'));
  for (const signal of signals) process.once(signal, abandon);
  process.once('exit', leave);
  const teardown = async () => {
    for (const signal of signals) process.off(signal, abandon);
    process.off('exit', leave);
    for (const child of started.reverse()) await end(child);
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    provide('stack', await start(dir, started));
  } catch (error) {
    const log = join(dir, 'log');
    if (existsSync(log)) console.error(readFileSync(log, 'utf8').split('\n').slice(-40).join('\n'));
    await teardown();
    throw error;
  }
  return teardown;
}

async function start(dir: string, started: ChildProcess[]): Promise<Stack> {
  const log = join(dir, 'log');
  const previousChunk = '/_next/static/chunks/of-the-build-before.js';
  mkdirSync(join(dir, 'previous/_next/static/chunks'), { recursive: true });
  writeFileSync(join(dir, 'previous', previousChunk), 'globalThis.before = true;');
  const admin = { email: 'admin@example.com', password: secret() };
  const program = join(repository, 'bin/standalone');
  const run = (path: string, args: string[], env: Record<string, string>) => {
    const child = spawn(path, args, { cwd: dir, env: { NODE_ENV: 'production', PATH: process.env.PATH ?? '', HOME: dir, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => appendFileSync(log, chunk));
    started.push(child);
    return child;
  };
  const standalone = run(program, [], {
    HTTP_ADDR: '127.0.0.1:0',
    DATA_DIR: join(dir, 'data'),
    ADMIN_EMAIL: admin.email,
    ADMIN_PASSWORD: admin.password,
    TRUSTED_PROXIES: '127.0.0.0/8',
    STATIC_PREVIOUS_DIR: join(dir, 'previous'),
  });
  const says = (pattern: RegExp) =>
    until(`the program says ${pattern}`, standalone, () => (existsSync(log) ? pattern.exec(readFileSync(log, 'utf8')) : null));
  const api = (await says(/Tickerwire +(http:\/\/\S+)/))[1]!;
  const simulator = (await says(/simulator +(http:\/\/\S+)/))[1]!;
  await says(/ ready /);
  if (/the front end's pages are not in this program/.test(readFileSync(log, 'utf8'))) throw new Error('bin/standalone has no pages in it: make pages, then build it');

  const port = await startNginx(dir, new URL(api).host, run);
  const seeded = await seed(api, simulator, admin, secret, (what, look) => until(what, standalone, look));
  return { url: `https://localhost:${port}`, api, simulator, admin, ...seeded, log, previousChunk };
}

const secret = () => randomBytes(18).toString('base64url');

async function startNginx(dir: string, upstream: string, run: (path: string, args: string[], env: Record<string, string>) => ChildProcess): Promise<number> {
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost',
      '-keyout', join(dir, 'tls.key'), '-out', join(dir, 'tls.crt')],
    { stdio: 'pipe' },
  );
  const [plain, secure] = [await freePort(), await freePort()];
  let conf = readFileSync(join(repository, 'deploy/nginx/nginx.conf'), 'utf8');
  for (const [from, to] of [
    ['server api:8080 ', `server ${upstream} `],
    ['server frontend:8080;', `server ${upstream};`],
    ['listen 80;', `listen 127.0.0.1:${plain};`],
    ['listen 443 ', `listen 127.0.0.1:${secure} `],
    ['/etc/nginx/certs/tls.crt', join(dir, 'tls.crt')],
    ['/etc/nginx/certs/tls.key', join(dir, 'tls.key')],
    ['/tmp/nginx.pid', join(dir, 'nginx.pid')],
  ] as const) {
    if (conf.split(from).length !== 2) throw new Error(`nginx.conf names ${from} ${conf.split(from).length - 1} times`);
    conf = conf.replace(from, to);
  }
  // Debian's nginx wants to write below /var/lib: a user may not.
  for (const kind of ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']) conf = conf.replace('http {', `http {\n    ${kind}_temp_path ${join(dir, kind)};`);
  writeFileSync(join(dir, 'nginx.conf'), conf);
  const path = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'].map((p) => join(p, 'nginx')).find((p) => existsSync(p));
  if (!path) throw new Error('nginx is not installed: scripts/install-test-services.sh');
  const nginx = run(path, ['-e', 'stderr', '-p', dir, '-c', join(dir, 'nginx.conf'), '-g', 'daemon off;'], {});
  await until('nginx answers', nginx, () => answers(secure));
  return secure;
}

function answers(port: number): Promise<true | null> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(null));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port'))));
    });
  });
}

/** Looks until there is something, as long as the process lives. */
async function until<T>(what: string, process: ChildProcess, look: () => T | null | Promise<T | null>): Promise<T> {
  const deadline = Date.now() + patience;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (process.exitCode !== null) throw new Error(`${process.spawnfile} has ended with ${process.exitCode} before ${what}`);
    if (Date.now() > deadline) throw new Error(`in ${patience / 1000} s it did not come to: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Asks a process to end, and makes it end where it does not. */
async function end(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return;
  const ended = new Promise((resolve) => process.once('exit', resolve));
  process.kill(process.spawnfile.endsWith('nginx') ? 'SIGQUIT' : 'SIGTERM');
  const timer = setTimeout(() => process.kill('SIGKILL'), 30_000);
  await ended;
  clearTimeout(timer);
}
