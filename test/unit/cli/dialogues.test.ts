import { describe, expect, it } from 'vitest';
import { dialogue } from './dialogue.ts';
import { json, problem, scriptedServer } from './scripted-server.ts';
import { shell } from './shell.ts';

// What a person is asked at a terminal, and what their answers do.

const own = shell();

async function talk(line: string, answers: readonly (readonly [string, string])[]) {
  const { url, seen } = await scriptedServer(json({ deadLetters: [letter] }), problem(409, 'wrong-state'));
  own.write('token', 't');
  const environment = { ESCROW_CREDENTIALS: '/nonexistent/sign-ins.json', ESCROW_SERVER: url };
  return { ...(await dialogue(own, `${line} --token-file token`, answers, environment)), seen };
}

const letter = {
  ...{ id: 'a', consumer: 'c', eventType: 'e', eventId: 'i' },
  ...{ code: 'internal', since: '2026-01-31T08:00:00Z' },
};

describe('a question for yes or no', () => {
  it.each(['y\r', 'Y\r', 'yes\r', ' yes \r'])('takes %j for a yes', async (keys) => {
    const { seen } = await talk('escrow dead-letters redrive --all', [['Try 1 again? [y/N] ', keys]]);
    expect(seen).toHaveLength(2);
  });

  it.each(['\r', 'n\r', 'no\r', 'yesterday\r', 'j\r'])('takes %j for a no', async (keys) => {
    const { seen, status } = await talk('escrow dead-letters redrive --all', [['Try 1 again? [y/N] ', keys]]);
    expect({ status, asked: seen.length }).toEqual({ status: 1, asked: 1 });
  });

  it('ends with Ctrl-D', async () => {
    const { seen, status, screen } = await talk('escrow dead-letters redrive --all', [['[y/N] ', '\u0004']]);
    expect({ status, asked: seen.length }).toEqual({ status: 2, asked: 1 });
    expect(screen).toContain('escrow: Nothing was entered. Run the same again. (usage)');
  });

  it('is interrupted by Ctrl-C, without a word', async () => {
    const { seen, status, screen } = await talk('escrow dead-letters redrive --all', [['[y/N] ', '\u0003']]);
    expect({ status, asked: seen.length }).toEqual({ status: 130, asked: 1 });
    expect(screen).not.toContain('escrow:');
  });
});

describe('a new password', () => {
  it.each([
    ['typed differently', ['Kauz 1\r', 'Kauz 2\r'], 'The two were not the same.'],
    ['broken off the first time', ['\u0004'], 'No password was entered.'],
    ['broken off the second time', ['Kauz 1\r', '\u0004'], 'No password was entered.'],
  ])('that is %s is not sent', async (_name, keys, why) => {
    const questions = ['New password of the key: ', 'The new password of the key again: '];
    const answers = keys.map((each, index) => [questions[index] ?? '', each] as const);
    const { status, screen, seen } = await talk('escrow set-password enr_1', answers);
    expect({ status, asked: seen.length }).toEqual({ status: 2, asked: 0 });
    expect(screen).toContain(why);
    expect(screen).not.toContain('Kauz');
  });

  it('is sent once it was typed twice, and shown never', async () => {
    const { seen, screen } = await talk('escrow set-password enr_1', [
      ['New password of the key: ', 'Kauz 1\u007f7\r'],
      ['again: ', 'Kauz 7\r'],
    ]);
    expect(JSON.parse(seen[0]?.body ?? '{}')).toEqual({ password: 'Kauz 7' });
    expect(screen).not.toContain('Kauz');
  });
});
