import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that start whole services come first: begun last, one of them would keep a run waiting with nothing beside it. */
export class LongOnesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean =>
      /\/test\/(?:end-to-end|dashboard)\//u.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}
