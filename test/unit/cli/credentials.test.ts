import { describe, expect, it } from 'vitest';
import {
  credentialsFile,
  forgetSignIn,
  readCredentials,
  storeSignIn,
} from '../../../cli/server/credentials.ts';
import { shell } from './shell.ts';

const { path, write, mode, list, read } = shell();
const signIn = { accessToken: 'a.b.c', expiresAt: null, subject: 'eva', issuer: 'https://i.example.org' };
const one = 'https://one.example.org';
const two = 'https://two.example.org';

describe('the file of sign-ins', () => {
  it.each([
    [{ ESCROW_CREDENTIALS: '/x/y.json', XDG_CONFIG_HOME: '/config' }, '/x/y.json'],
    [{ XDG_CONFIG_HOME: '/config' }, '/config/escrow/credentials.json'],
    [{ XDG_CONFIG_HOME: 'relative' }, expect.stringMatching(/^\/.*\/\.config\/escrow\/credentials\.json$/)],
    [{ ESCROW_CREDENTIALS: '' }, expect.stringMatching(/\/\.config\/escrow\/credentials\.json$/)],
  ])('of %o is where the environment says', (environment, file) => {
    expect(credentialsFile(environment)).toEqual(file);
  });

  it('keeps one sign-in a server, the last one as the one that is meant, for its owner alone', async () => {
    const file = path('new/folder/credentials.json');
    await storeSignIn(file, one, signIn);
    await storeSignIn(file, two, { ...signIn, subject: 'ada' });
    await storeSignIn(file, one, { ...signIn, accessToken: 'd.e.f' });
    expect(await readCredentials(file)).toEqual({
      version: 1,
      current: one,
      servers: { [one]: { ...signIn, accessToken: 'd.e.f' }, [two]: { ...signIn, subject: 'ada' } },
    });
    expect(mode('new/folder/credentials.json')).toBe(0o600);
    expect(mode('new/folder')).toBe(0o700);
  });

  it('forgets one sign-in, and leaves the others', async () => {
    const file = path('forget.json');
    await storeSignIn(file, one, signIn);
    await storeSignIn(file, two, signIn);
    expect(await forgetSignIn(file, one)).toEqual(signIn);
    expect(await forgetSignIn(file, one)).toBeUndefined();
    expect(read('forget.json').toString()).not.toContain(one);
    expect(Object.keys((await readCredentials(file)).servers)).toEqual([two]);
  });

  it('is empty where it is not there', async () => {
    expect(await readCredentials(path('nowhere.json'))).toEqual({ version: 1, servers: {} });
    expect(await forgetSignIn(path('nowhere.json'), one)).toBeUndefined();
    expect(list()).not.toContain('nowhere.json');
  });

  it.each([0o644, 0o640, 0o604])('is not used where others may read it: %o', async (open) => {
    write(`open-${open}.json`, JSON.stringify({ version: 1, servers: {} }), open);
    await expect(readCredentials(path(`open-${open}.json`))).rejects.toThrow('others can read it');
  });

  it.each(['', 'hunter2', '{"version":2,"servers":{}}', '{"version":1,"servers":{"x":{"accessToken":7}}}'])(
    'is refused where it is another file, and not quoted: %s',
    async (content) => {
      write('other.json', content);
      const error = await readCredentials(path('other.json')).catch((thrown: unknown) => String(thrown));
      expect(error).toMatch(/is not a file of sign-ins/);
      expect(error).not.toContain('hunter2');
      await expect(storeSignIn(path('other.json'), one, signIn)).rejects.toThrow('is not a file of sign-ins');
      expect(read('other.json').toString()).toBe(content);
    },
  );
});
