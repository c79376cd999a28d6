import type { Fault } from '#test/doubles/aws-json/faults.ts';
import type { Random } from '#test/fuzz/random.ts';

/** Each service that a function calls, as requests are signed for it. */
export const services = ['dynamodb', 's3', 'kms', 'events', 'sns', 'sqs'] as const;
export type Service = (typeof services)[number];

/** How each says that it throttles, and that it failed inside (their API references). */
const refusals: Readonly<Record<Service, readonly Fault[]>> = {
  dynamodb: [refusal('ProvisionedThroughputExceededException', 400), refusal('InternalServerError', 500)],
  s3: [refusal('SlowDown', 503), refusal('InternalError', 500)],
  kms: [refusal('ThrottlingException', 400), refusal('KMSInternalException', 500)],
  events: [refusal('ThrottlingException', 400), refusal('InternalException', 500)],
  sns: [refusal('Throttled', 429), refusal('InternalError', 500)],
  sqs: [refusal('RequestThrottled', 403), refusal('ServiceUnavailable', 503)],
};

function refusal(type: string, status: number): Fault {
  return { kind: 'refuse', type, status };
}

/** What goes wrong on the wires, by chance. */
export class Chance {
  readonly #random: Random;
  /** One request in so many fails; none if 0. */
  readonly #oneIn: number;
  /** A service that is away, and for how many requests more. */
  #away: { service: Service; left: number } | undefined;
  #isCalm = false;

  constructor(random: Random) {
    this.#random = random;
    this.#oneIn = random.pick(0, 40, 12, 5);
  }

  /** From now on nothing goes wrong. */
  calm(): void {
    this.#isCalm = true;
  }

  /** A service is away for a while: everything that is asked of it fails, with or without effect. */
  beginOutage(): Service {
    const service = this.#random.pick('dynamodb', 'dynamodb', 's3', 'kms', 'events', 'sns', 'sqs');
    this.#away = { service, left: 5 + this.#random.below(25) };
    return service;
  }

  /** What happens to the next request of a service. */
  decide(service: Service): Fault | undefined {
    if (this.#isCalm) return undefined;
    if (this.#away?.service === service && this.#away.left > 0) {
      this.#away.left -= 1;
      return this.#fault(service);
    }
    return this.#oneIn > 0 && this.#random.oneIn(this.#oneIn) ? this.#fault(service) : undefined;
  }

  /** Half of what fails has taken effect: the answer is what is lost. */
  #fault(service: Service): Fault {
    const kind = this.#random.below(4);
    if (kind < 2) return { kind: 'lose-answer' };
    return kind === 2 ? { kind: 'cut' } : this.#random.of(refusals[service]);
  }
}
