import { beforeAll, describe, expect, it } from 'vitest';
import { pfxProfiles } from '#domain/pfx-profile.ts';
import { pfxTargets, profileFor, targetTable } from '#domain/pfx-targets.ts';
import { profileWarnings } from '#domain/pfx-warnings.ts';
import { chooseProfile } from '../../../cli/choose-profile.ts';
import { type ExportServer, exportServer, filePassword } from './export-server.ts';

let server: ExportServer;
beforeAll(async () => {
  server = await exportServer();
});

const generated = ' --generated-password-out new.password';

describe('the profile that options choose', () => {
  it.each(pfxTargets)('for %s is the one that it takes, and it is said why', (target) => {
    const chosen = chooseProfile({ for: target });
    const { name, note = '' } = targetTable[target];
    expect(chosen).toMatchObject({ target, profile: profileFor(target) });
    expect(chosen.why.startsWith(`For ${name} the file is ${profileFor(target)}, `)).toBe(true);
    expect(chosen.why.endsWith(note)).toBe(true);
    expect(chosen.why).toMatch(/[.]$/);
  });

  it.each([
    ['windows-server-2016', 'the only profile that it takes. It calls AES a wrong password.'],
    ['macos', 'the only profile that every version takes (modern: macOS 15, by some ways in). '],
    ['openssl-3', 'the file is modern, which it takes.'],
    ['macos', 'macOS 15 and later may take a file of --profile modern'],
  ] as const)('for %s says: %s', (target, why) => {
    expect(chooseProfile({ for: target }).why).toContain(why);
  });

  it.each(pfxTargets)('for %s is said without how that was tried', (target) => {
    const { why } = chooseProfile({ for: target });
    expect(why).not.toMatch(/tried|keytool|pk12util|certtool|documentation/i);
    // Sentences, each with its subject.
    for (const sentence of why.split(/(?<=\.) /))
      expect(sentence).toMatch(/^(For|It|Its|From|Later|[a-zA-Z]+ \d+) /);
  });

  it.each([
    ['java-21', 'java-17', 'modern', 'Java 21 takes what Java 17 takes. For Java 17 the file is modern'],
    ['java-11', 'java-17', 'modern', 'Java 11, from 11.0.12 on, takes what Java 17 takes.'],
    ['windows-server-2022', 'windows-10', 'modern', 'Windows Server 2022 takes what Windows 10 takes.'],
    ['thunderbird', 'firefox', 'modern', 'For Firefox and Thunderbird (NSS) the file is modern'],
    ['win11', 'windows-11', 'modern', 'For Windows 11 the file is modern'],
  ] as const)('is found by other names: %s', (name, target, profile, why) => {
    const chosen = chooseProfile({ for: name });
    expect(chosen).toMatchObject({ target, profile });
    expect(chosen.why.startsWith(why)).toBe(true);
  });

  it('is none for what only every object has', () => {
    expect(chooseProfile({ for: 'constructor' }).target).toBeUndefined();
  });

  it.each(pfxProfiles)('is the one that is named: %s', (profile) => {
    expect(chooseProfile({ profile })).toEqual({ profile, target: undefined, why: '' });
  });

  it('is none where none is named, so that the service chooses', () => {
    expect(chooseProfile({})).toEqual({ profile: undefined, target: undefined, why: '' });
  });

  it('is said in one way only', () => {
    expect(() => chooseProfile({ for: 'ios', profile: 'modern' })).toThrow('--for and --profile both say');
  });
});

describe('escrow export', () => {
  it('for an old system says why, asks for a compatible file, and tells what to heed', async () => {
    const warning = profileWarnings.compatible ?? '';
    const { status, stdout, stderr, own, bodies } = await server.exported(
      { profile: 'compatible', warning },
      ` --for windows-server-2016 --json${generated}`,
    );
    expect(status).toBe(0);
    expect(bodies.map((body) => JSON.parse(body))).toMatchObject([
      { filePassword: { is: 'generated' }, profile: 'compatible' },
    ]);
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ file: 'lund_Enroll_EN.pfx', profile: 'compatible', target: 'windows-server-2016', warning },
    });
    const said = stderr.trimEnd().split('\n');
    expect(said[0]).toMatch(
      /^For Windows Server 2016 the file is compatible, the only profile that it takes\./,
    );
    expect(said.at(-1)).toBe(warning);
    expect(own.read('new.password').toString()).toBe(`${filePassword}\n`);
  });

  it('in a profile by its name asks for that one', async () => {
    const { status, stdout, bodies } = await server.exported(
      { profile: 'pbmac1' },
      ' --profile pbmac1 --file-password-file file --json',
    );
    expect(status).toBe(0);
    expect(JSON.parse(bodies[0] ?? '')).toMatchObject({ profile: 'pbmac1' });
    expect(JSON.parse(stdout)).toMatchObject({ profile: 'pbmac1', target: null });
    expect(JSON.parse(stdout)).not.toHaveProperty('warning');
  });

  it('writes nothing where the receipt is of a file of another profile', async () => {
    const { status, stderr, own } = await server.exported(
      { profile: 'modern' },
      ' --profile pbmac1 --file-password-file file',
    );
    expect(status).toBe(1);
    expect(stderr).toContain('The receipt is of a file of the profile modern, not pbmac1.');
    expect(own.list()).toEqual(['file', 'key', 'token']);
  });

  it.each([
    [' --for windows-server-2016', 'For Windows Server 2016 the file is compatible', 'FILE. (usage)'],
    [' --profile compatible', 'escrow: A compatible file has a generated password only', 'FILE. (usage)'],
    [
      ' --profile compatible --same-password',
      'must not guard one that is used elsewhere',
      '--generated-password-out FILE, in place of --same-password. (usage)',
    ],
    [' --for android --file-password-file file', 'For Android', 'in place of --file-password-file. (usage)'],
    [' --for ios --profile modern', '--for and --profile both say how the file is written', '(usage)'],
  ])('says before it asks the server what is missing:%s', async (options, why, next) => {
    const { status, stderr, bodies } = await server.exported({}, options);
    expect({ status, bodies }).toEqual({ status: 2, bodies: [] });
    expect(stderr).toContain(why);
    expect(stderr).toContain(next);
  });
});
