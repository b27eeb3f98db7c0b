import { describe, expect, it } from 'vitest';
import { createEgressRules } from './egress-rules.ts';

const names: Readonly<Record<string, readonly string[]>> = {
  'api.example.com': ['93.184.216.34'],
  'packages.example.org': ['104.16.0.1'],
  'inward.example.com': ['10.0.0.5'],
  'mixed.example.com': ['192.168.1.1', '93.184.216.34'],
  'mapped.example.com': ['::ffff:a9fe:a9fe'],
  'a.wild.example': ['93.184.216.35'],
  localhost: ['127.0.0.1'],
};
const resolve = async (name: string) => names[name] ?? [];
const rules = createEgressRules(
  [
    'api.example.com',
    'https://packages.example.org/',
    'inward.example.com',
    'mixed.example.com',
    'mapped.example.com',
    '*.wild.example',
    '127.0.0.1:4010',
    '192.168.7.7:8080',
    'other.example.com:8443',
  ],
  resolve,
);

describe('egress rules', () => {
  it.each([
    ['api.example.com', 443, '93.184.216.34'],
    ['API.Example.COM.', 80, '93.184.216.34'],
    ['packages.example.org', 443, '104.16.0.1'],
    ['a.wild.example', 443, '93.184.216.35'],
    ['127.0.0.1', 4010, '127.0.0.1'],
    ['192.168.7.7', 8080, '192.168.7.7'],
    ['mixed.example.com', 443, '93.184.216.34'],
  ])('allows %s:%i by the address it checked', async (host, port, address) => {
    expect(await rules.check(host, port)).toEqual({ allowed: true, address });
  });

  it.each([
    ['api.example.com', 22],
    ['other.example.com', 443],
    ['api.example.com.evil.test', 443],
    ['evilapi.example.com', 443],
    ['wild.example', 443],
    ['inward.example.com', 443],
    ['mapped.example.com', 443],
    ['93.184.216.34', 443],
    ['127.0.0.1', 4011],
    ['localhost', 4010],
    ['169.254.169.254', 80],
    ['[::ffff:169.254.169.254]', 80],
    ['fd00:ec2::254', 80],
    ['0x7f000001', 4010],
    ['2130706433', 80],
    ['0.0.0.0', 4010],
    ['', 443],
  ])('refuses %s:%i', async (host, port) => {
    expect(await rules.check(host, port)).toMatchObject({ allowed: false });
  });

  it('names the loopback targets that are listed with a port', () => {
    expect(rules.loopback).toEqual([{ host: '127.0.0.1', port: 4010 }]);
  });
});
