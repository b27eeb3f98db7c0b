/** What is wrong with a change, in words for the person who reads the task. */
export interface Objection {
  readonly code:
    | 'too_many_files'
    | 'patch_too_large'
    | 'binary_too_large'
    | 'link_out_of_tree'
    | 'gitlink'
    | 'refused_path'
    | 'secret_found'
    | 'tests_deleted'
    | 'protected_path';
  readonly text: string;
}
