import type { PolicySettings } from '#domain/organization.ts';
import { pfxProfiles } from '#domain/pfx-profile.ts';
import type { PolicyTest } from '#domain/policy-document.ts';
import { assurances, purposes } from '#domain/purpose.ts';

/** Each choice of an organization's settings, as a question and its answer: so that they can be proposed again as a policy. */
export function testsOfSettings(settings: PolicySettings): PolicyTest[] {
  return [
    { name: 'The workflow enrolls.', ...enroll, roles: ['enrollment-workflow'], expect: 'allowed' },
    { name: 'A subscriber does not.', ...enroll, roles: ['subscriber'], expect: 'refused' },
    ...leaving(settings),
    ...escrowing(settings),
    ...passwords(settings),
    ...copies(settings),
  ];
}

const enroll = { action: 'Enroll', purpose: 'identity' } as const;
const answer = (allowed: boolean) => (allowed ? 'allowed' : 'refused');

function leaving({ exportable }: PolicySettings): PolicyTest[] {
  return purposes.flatMap((purpose) =>
    assurances.map((assurance): PolicyTest => {
      const may = exportable[purpose][assurance];
      return {
        name: `An ${purpose} key of the assurance ${assurance} ${may ? 'may leave' : 'stays'}.`,
        ...{ action: 'MakeExportable', purpose, assurance, expect: answer(may) },
      };
    }),
  );
}

function escrowing({ escrow, heldAllowed }: PolicySettings): PolicyTest[] {
  const encryption = { purpose: 'encryption' } as const;
  return [
    {
      name: `An encryption key is ${escrow.encryption ? '' : 'not '}escrowed.`,
      ...{ action: 'Escrow', ...encryption, expect: answer(escrow.encryption) },
    },
    {
      name: 'An identity key is not escrowed.',
      ...{ action: 'Escrow', purpose: 'identity', expect: 'refused' },
    },
    {
      name: `An encryption key may ${heldAllowed ? '' : 'not '}be held.`,
      ...{ action: 'LockByNothing', ...encryption, expect: answer(heldAllowed) },
    },
  ];
}

function passwords({ passwordRules: { minimumLength, maximumLength } }: PolicySettings): PolicyTest[] {
  const of = (length: number, expect: PolicyTest['expect']): PolicyTest => ({
    name: `A password of ${length} characters is ${expect}.`,
    ...{ action: 'SetPassword', purpose: 'encryption', roles: ['subscriber'], length, expect },
  });
  return [
    of(minimumLength - 1, 'refused'),
    of(minimumLength, 'allowed'),
    of(maximumLength, 'allowed'),
    of(maximumLength + 1, 'refused'),
  ];
}

function copies({ profiles }: PolicySettings): PolicyTest[] {
  return pfxProfiles.map((profile): PolicyTest => {
    const may = profiles.includes(profile);
    const question = { purpose: 'encryption', roles: ['subscriber'], exportable: true } as const;
    return {
      name: `A copy of the profile ${profile} is ${answer(may)}.`,
      ...(profile === 'compatible'
        ? { action: 'ExportCompatible', ...question }
        : { action: 'Export', ...question, profile }),
      expect: answer(may),
    };
  });
}
