import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type PfxProfile,
  type PfxTraits,
  pfxEncryptions,
  pfxIntegrities,
  pfxProfiles,
} from '#domain/pfx-profile.ts';
import { otherTargetNames } from '#domain/pfx-target-names.ts';
import { importVerdicts, type PfxTarget, pfxTargets, profileFor, targetTable } from '#domain/pfx-targets.ts';

/** What the files have that this project writes under a human password. */
const written: Readonly<Record<PfxProfile, PfxTraits>> = {
  modern: {
    keys: ['pbes2-aes256-sha256'],
    certificates: ['pbes2-aes256-sha256'],
    integrity: 'mac-sha256',
    mostIterations: 250_000,
  },
  compatible: {
    keys: ['sha1-triple-des'],
    certificates: ['sha1-triple-des'],
    integrity: 'mac-sha1',
    mostIterations: 250_000,
  },
  pbmac1: {
    keys: ['pbes2-aes256-sha256'],
    certificates: ['pbes2-aes256-sha256'],
    integrity: 'pbmac1',
    mostIterations: 250_000,
  },
};

const anyTraits: fc.Arbitrary<PfxTraits> = fc.record({
  keys: fc.uniqueArray(fc.constantFrom(...pfxEncryptions)),
  certificates: fc.uniqueArray(fc.constantFrom(...pfxEncryptions)),
  integrity: fc.constantFrom(...pfxIntegrities),
  mostIterations: fc.nat(10_000_000),
});

const rank = { no: 0, perhaps: 1, yes: 2 } as const;

function verdict(target: PfxTarget, traits: PfxTraits) {
  return importVerdicts(traits).find((one) => one.target === target);
}

function namesOf(verdictWanted: 'yes' | 'perhaps' | 'no', traits: PfxTraits): string[] {
  return importVerdicts(traits)
    .filter(({ imports }) => imports === verdictWanted)
    .map(({ target }) => target);
}

describe('the table of target systems', () => {
  it('has each of them, and no other', () => {
    expect(Object.keys(targetTable).sort()).toEqual([...pfxTargets].sort());
  });

  it.each(pfxTargets)('gives %s a profile that it imports', (target) => {
    expect(verdict(target, written[profileFor(target)])).toEqual({ target, imports: 'yes', why: '' });
  });

  it.each(pfxTargets)('gives %s nothing weaker than it is sure to take', (target) => {
    if (verdict(target, written.modern)?.imports === 'yes') expect(profileFor(target)).toBe('modern');
    else expect(profileFor(target)).toBe('compatible');
  });

  it.each(pfxTargets)('says where what it has of %s is known from', (target) => {
    const { sources, name } = targetTable[target];
    expect(name).toMatch(/\S/);
    expect(sources.length).toBeGreaterThan(0);
    for (const { says, url } of sources) {
      expect(says).toMatch(/^\S.*\.$/);
      expect(new URL(url).protocol).toBe('https:');
    }
    expect(new Set(sources.map(({ url }) => url)).size).toBe(sources.length);
  });

  it.each(pfxTargets)('promises nothing of %s that it also doubts', (target) => {
    const { takes, mayTake } = targetTable[target];
    for (const part of ['keys', 'certificates', 'integrities'] as const) {
      const doubted: readonly string[] = mayTake[part];
      expect(takes[part].filter((one) => doubted.includes(one))).toEqual([]);
    }
  });

  it('claims a trial for those only that the interoperability tests run', () => {
    expect(pfxTargets.filter((target) => targetTable[target].tried === 'here')).toEqual([
      'firefox',
      'java-17',
      'openssl-1.1',
      'openssl-3',
      'gnutls',
    ]);
  });
});

describe('what systems make of a file', () => {
  it('knows who takes modern, only partly, or not', () => {
    expect(namesOf('no', written.modern)).toEqual(['windows-server-2016']);
    expect(namesOf('perhaps', written.modern)).toEqual(['macos', 'java-8', 'android']);
  });

  it('knows who takes compatible: all', () => {
    expect(namesOf('yes', written.compatible)).toEqual([...pfxTargets]);
  });

  it('knows who takes PBMAC1', () => {
    expect(namesOf('yes', written.pbmac1)).toEqual(['java-26']);
    expect(namesOf('perhaps', written.pbmac1)).toEqual(['firefox', 'openssl-3', 'gnutls']);
  });

  it.each([
    ['windows-server-2016', written.modern, 'does not read AES-256'],
    ['android', written.modern, 'may not read AES-256, may not read a SHA-256 MAC'],
    ['windows-11', written.pbmac1, 'does not read PBMAC1'],
    ['openssl-3', written.pbmac1, 'may not read PBMAC1'],
    [
      'openssl-3',
      { ...written.compatible, certificates: ['sha1-rc2-40'] },
      'does not read RC2 of 40 bits without the option -legacy',
    ],
    ['firefox', { ...written.modern, integrity: 'none' }, 'needs a MAC'],
    ['java-8', { ...written.compatible, integrity: 'none' }, 'may need a MAC'],
    ['java-17', { ...written.modern, keys: ['none'] }, 'does not read a private key in clear'],
    ['macos', { ...written.compatible, certificates: ['none'] }, 'may not read certificates in clear'],
    ['gnutls', { ...written.modern, keys: ['pbes2-other'] }, 'may not read this cipher under PBES2'],
    ['windows-10', { ...written.modern, mostIterations: 600_001 }, 'refuses more than 600,000 iterations'],
    ['java-26', { ...written.modern, mostIterations: 5_000_001 }, 'refuses more than 5,000,000 iterations'],
  ] satisfies [PfxTarget, PfxTraits, string][])('says of %s why: %j: %s', (target, traits, why) => {
    expect(verdict(target, traits)).toEqual({
      target,
      imports: why.includes('may ') ? 'perhaps' : 'no',
      why,
    });
  });

  it('takes a count that is just at the limit', () => {
    expect(verdict('windows-10', { ...written.modern, mostIterations: 600_000 })?.imports).toBe('yes');
    expect(verdict('gnutls', { ...written.modern, mostIterations: 2_147_483_647 })?.imports).toBe('yes');
  });

  it('tells each obstacle once, and the sure ones alone', () => {
    const traits: PfxTraits = { ...written.modern, integrity: 'pbmac1', mostIterations: 6_000_000 };
    expect(verdict('windows-server-2016', traits)?.why).toBe(
      'does not read AES-256, does not read PBMAC1, refuses more than 600,000 iterations',
    );
    expect(verdict('java-8', traits)?.why).toBe(
      'does not read PBMAC1, refuses more than 5,000,000 iterations',
    );
  });

  it('takes the files that programs here make without a MAC, by those that read them', () => {
    const without: PfxTraits = { ...written.modern, integrity: 'none' };
    expect(namesOf('yes', without)).toEqual(['windows-10', 'windows-11', 'java-17', 'java-26', 'openssl-3']);
  });

  it('has no system that takes a signature', () => {
    fc.assert(
      fc.property(anyTraits, (traits) => {
        expect(namesOf('no', { ...traits, integrity: 'signature' })).toEqual([...pfxTargets]);
      }),
    );
  });

  it.each([
    ['keys', { keys: ['other'] }, 'may not read its encryption'],
    ['certificates', { certificates: ['other'] }, 'may not read its encryption'],
    ['MAC', { integrity: 'other' }, 'may not read its MAC'],
  ] satisfies [string, Partial<PfxTraits>, string][])(
    'promises nothing, and denies nothing, of %s by an algorithm that is not known here',
    (_, other, why) => {
      for (const target of pfxTargets) {
        const { profile } = targetTable[target];
        expect(verdict(target, { ...written[profile], ...other })).toEqual({
          target,
          imports: 'perhaps',
          why,
        });
      }
    },
  );

  it('gives each system one verdict, with a reason unless it is yes', () => {
    fc.assert(
      fc.property(anyTraits, (traits) => {
        const verdicts = importVerdicts(traits);
        expect(verdicts.map(({ target }) => target)).toEqual([...pfxTargets]);
        for (const { imports, why } of verdicts) {
          expect(why === '').toBe(imports === 'yes');
          expect(why).not.toMatch(/undefined|\.$/);
        }
      }),
    );
  });

  it('is never better for a file that asks for more', () => {
    fc.assert(
      fc.property(anyTraits, fc.constantFrom(...pfxEncryptions), fc.nat(10_000_000), (traits, also, more) => {
        const asksMore: PfxTraits = {
          ...traits,
          keys: [...traits.keys, also],
          mostIterations: traits.mostIterations + more,
        };
        const before = importVerdicts(traits);
        importVerdicts(asksMore).forEach(({ imports }, i) => {
          expect(rank[imports]).toBeLessThanOrEqual(rank[before[i]?.imports ?? 'no']);
        });
      }),
    );
  });

  it.each(pfxProfiles)('says of the profile %s what the table says in words', (profile) => {
    for (const { target, imports } of importVerdicts(written[profile])) {
      const { modernSince, pbmac1Since } = targetTable[target];
      if (profile === 'modern' && imports === 'no') expect(modernSince).toBe('never');
      if (profile === 'pbmac1' && imports !== 'no') expect(pbmac1Since).not.toMatch(/never|not known/);
    }
  });
});

describe('other names of systems', () => {
  it.each(Object.entries(otherTargetNames))(
    '%s stands for one of the table, and is none itself',
    (name, other) => {
      expect(pfxTargets).toContain(other.target);
      expect(pfxTargets.map(String)).not.toContain(name);
      // What is said to take the same must never be given an old form for that reason alone.
      expect(profileFor(other.target)).toBe('modern');
    },
  );
});
