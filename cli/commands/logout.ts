import { printable } from '#domain/plain-words.ts';
import { command } from '../command.ts';
import { exitStatus } from '../output.ts';
import { forgetSignIn } from '../server/credentials.ts';
import { readSession } from '../server/session.ts';
import { connectionOptions } from '../server/settings.ts';

/** Forgets the stored sign-in to a server. */
export const logout = command({
  words: ['logout'],
  group: 'Start',
  summary: 'forget the sign-in to a server',
  about: [
    'Removes the stored access token of the server. Nothing is sent: the token itself ends by its own time.',
  ],
  options: { server: connectionOptions.server },
  exits: { 0: 'forgotten, or there was none', 1: 'not forgotten' },
  examples: ['escrow logout', 'escrow logout --server https://escrow.example.org'],
  async run(values, context) {
    const { server, credentials } = await readSession(values, context);
    const forgotten = await forgetSignIn(credentials, server);
    context.output.message(
      printable(
        forgotten === undefined ? `You were not signed in to ${server}.` : `Signed out of ${server}.`,
      ),
    );
    return exitStatus.ok;
  },
});
