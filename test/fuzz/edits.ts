import { contentEdits } from './content-edits.ts';
import type { Edit } from './edit.ts';
import { parameterEdits } from './parameter-edits.ts';
import { structureEdits } from './structure-edits.ts';

/** Every hostile value, by what it is. */
export const edits: Readonly<Record<string, Edit>> = {
  ...parameterEdits,
  ...structureEdits,
  ...contentEdits,
};
