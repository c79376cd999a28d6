import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { shell } from '../unit/cli/shell.ts';
import type { TestServer } from './server.ts';

type Shell = ReturnType<typeof shell>;

/**
 * Somebody at a prompt: a folder of their own, signed in to the server under their own name. What runs is what the program calls
 * (see `shell`).
 */
export interface CliPerson extends Shell {
  name: string;
  password: string;
  /** The variables that the commands run with. */
  environment: Record<string, string>;
}

/** The people of a test, each with a shell; declared with the suite, signed in once the server runs. */
export class CliPeople {
  readonly #server: TestServer;

  constructor(server: TestServer) {
    this.#server = server;
  }

  /** Somebody who is not signed in yet. The server's address is known once it runs, so it is read late. */
  person(name: string): CliPerson {
    const environment: Record<string, string> = {};
    const own = shell(environment);
    const password = `${name} ${randomBytes(9).toString('hex')}`;
    environment['ESCROW_CREDENTIALS'] = own.path('.sign-ins.json');
    own.write('password', password);
    const server = this.#server;
    return {
      ...own,
      name,
      password,
      environment,
      run: (line, input) => {
        environment['ESCROW_SERVER'] = server.url;
        return own.run(line, input);
      },
    };
  }

  /** Sets the server up, with a person as its first administrator. @param options more of `escrow init` */
  async setUp(administrator: CliPerson, options = ''): Promise<void> {
    const code = join(this.#server.data, 'identity/set-up-code');
    await done(
      administrator,
      `escrow init --name Example --contact help@example.org --administrator ${administrator.name} --password-file password --recovery-key recovery.jwk --set-up-code-file ${code} ${options}`.trimEnd(),
    );
  }

  /** Adds an account, and signs its person in. */
  async add(administrator: CliPerson, person: CliPerson, role: string): Promise<void> {
    administrator.write(`${person.name}.password`, person.password);
    await done(
      administrator,
      `escrow accounts add ${person.name} --role ${role} --password-file ${person.name}.password`,
    );
    await done(person, `escrow login --user ${person.name} --password-file password`);
  }
}

/** Runs a command that must end well. @returns what it printed */
export async function done({ run }: Pick<Shell, 'run'>, line: string, input?: string): Promise<string> {
  const { status, stdout, stderr } = await run(line, input);
  if (status !== 0) throw new TypeError(`${line} ended with ${status}: ${stderr}`);
  return stdout;
}
