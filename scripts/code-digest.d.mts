export declare const HARMLESS: readonly string[];
export declare function trainingFiles(root: string): string[];
export declare function trainingVersion(root: string): Promise<string>;
export declare function workflowsVersion(root: string): Promise<string>;
