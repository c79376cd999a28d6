import { type App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';

/** Holds every stack of the app against the AWS Solutions rules; a finding that nobody gave a reason for fails synthesis. */
export function checkPractices(app: App): void {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app, { verbose: true }));
}
