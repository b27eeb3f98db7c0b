import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addDashboard } from './dashboard.ts';

let folder = '';
let app: FastifyInstance;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cms-pages-'));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>the dashboard</title>');
  await writeFile(join(folder, 'assets', 'a-1.js'), 'export {};');
  app = fastify();
  const servePage = await addDashboard(app, folder);
  app.setNotFoundHandler((request, reply) => {
    if (!servePage(request, reply)) void reply.code(404).send({ code: 'address_unknown' });
  });
});
afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true, force: true });
});

const statusOf = async (url: string): Promise<readonly [number, boolean]> => {
  const { statusCode, body } = await app.inject({ url, headers: { accept: 'text/html,*/*' } });
  return [statusCode, body.includes('the dashboard')];
};

describe('the built dashboard', () => {
  test.each([
    '/',
    '/inbox',
    '/inbox?task=a.b',
    '/tasks/0123456789abcdef01234567?tab=diff',
    '/security/report',
    '/repository?repo=acme%2Fsite.io',
    '/nowhere',
  ])('is what a browser gets at %s', async (url) => {
    expect(await statusOf(url)).toEqual([200, true]);
  });

  test.each([
    '/inbox.bak',
    '/inbox~',
    '/.inbox.swp',
    '/backup.tar.gz',
    '/backup.sql?x=1',
    '/.env',
    '/.git/HEAD',
    '/.git/config.old',
    '/assets/a-1.js.map',
  ])('does not stand for the file %s, which is not there', async (url) => {
    expect(await statusOf(url)).toEqual([404, false]);
  });
});
