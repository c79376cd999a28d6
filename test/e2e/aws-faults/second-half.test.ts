import { faultsSuite } from '#test/support/aws-world/faults-suite.ts';

faultsSuite(501, 1_000);
