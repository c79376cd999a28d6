/** An error as an AWS service answers with it. */
export class AwsError extends Error {
  readonly type: string;
  readonly status: number;

  /** @param type the name that the service's API reference gives it */
  constructor(type: string, message = type, status = 400) {
    super(message);
    this.name = 'AwsError';
    this.type = type;
    this.status = status;
  }
}
