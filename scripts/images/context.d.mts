export function contextFiles(context: string): string[];
