import { AwsError } from './aws-error.ts';

interface Bounds {
  min?: number;
  max?: number;
}

/** The members of a request, each checked as the service checks it: the wrong type or length is a ValidationException. */
export class Input {
  readonly #members: Readonly<Record<string, unknown>>;

  constructor(members: unknown) {
    if (typeof members !== 'object' || members === null || Array.isArray(members)) {
      throw new AwsError('SerializationException', 'the body is no object');
    }
    this.#members = { ...members };
  }

  has(name: string): boolean {
    return this.#members[name] !== undefined && this.#members[name] !== null;
  }

  text(name: string, { max = 2_048 }: Bounds = {}): string {
    const value = this.#members[name];
    if (typeof value !== 'string' || value.length === 0 || value.length > max) throw invalid(name);
    return value;
  }

  textOr<T>(name: string, otherwise: T): string | T {
    return this.has(name) ? this.text(name) : otherwise;
  }

  number(name: string, otherwise: number, { min = 0, max = Number.MAX_SAFE_INTEGER }: Bounds = {}): number {
    const value = this.has(name) ? this.#members[name] : otherwise;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
      throw invalid(name);
    }
    return value;
  }

  /** A blob travels as base64. */
  bytes(name: string, { min = 1, max = 4_096 }: Bounds = {}): Buffer {
    const value = this.#members[name];
    if (typeof value !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(value)) throw invalid(name);
    const bytes = Buffer.from(value, 'base64');
    if (bytes.length < min || bytes.length > max) throw invalid(name);
    return bytes;
  }

  /** A map of texts; empty if it is not there. */
  map(name: string): Record<string, string> {
    const value = this.#members[name] ?? {};
    if (typeof value !== 'object' || Array.isArray(value)) throw invalid(name);
    return Object.fromEntries(
      Object.entries(value).map(([key, text]) => {
        if (typeof text !== 'string') throw invalid(name);
        return [key, text];
      }),
    );
  }

  list(name: string): Input[] {
    const value = this.#members[name] ?? [];
    if (!Array.isArray(value)) throw invalid(name);
    return value.map((member) => new Input(member));
  }
}

function invalid(name: string): AwsError {
  return new AwsError(
    'ValidationException',
    `1 validation error detected: Value at '${name.charAt(0).toLowerCase()}${name.slice(1)}' failed to satisfy constraint`,
  );
}
