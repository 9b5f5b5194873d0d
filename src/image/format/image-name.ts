/** Whether a name of an image is the wanted one, or ends with it: `1.27` and `nginx:1.27` both mean `docker.io/library/nginx:1.27`. */
export function isNameOf(name: string | undefined, wanted: string): boolean {
  if (name === undefined) return false;
  const isTag = name.endsWith(`:${wanted}`) && !wanted.includes('/');
  return name === wanted || name.endsWith(`/${wanted}`) || isTag;
}
