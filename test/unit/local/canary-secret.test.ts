import { chmodSync, readFileSync, statSync } from 'node:fs';
import { expect, it } from 'vitest';
import { canarySecretFile } from '#local/canary-secret.ts';
import { temporaryFolder } from '../adapters/temporary-folder.ts';

const folder = temporaryFolder();

it('is made when it is first asked for, for the owner alone, and stays', async () => {
  const file = folder('data', 'canary-secret');
  const asked = [canarySecretFile(file).read(), canarySecretFile(file).read(), canarySecretFile(file).read()];
  const texts = (await Promise.all(asked)).map((secret) => secret.text());
  expect(texts[0]).toMatch(/^[0-9a-f]{64}$/);
  expect(new Set([...texts, readFileSync(file, 'utf8').trim()]).size).toBe(1);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

it('is not taken where others may read it', async () => {
  const file = folder('canary-secret');
  await canarySecretFile(file).read();
  chmodSync(file, 0o644);
  await expect(canarySecretFile(file).read()).rejects.toMatchObject({ code: 'provider-misconfigured' });
});
