import { messageOf } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import { bufferView } from '../../../kit/bytes/bytes.ts';
import { quoteUntrusted } from '../../../kit/untrusted-text.ts';
import { isWord } from '../../package/listing.ts';
import { parseTerm, type Term } from './term.ts';

/** A compiled application of Erlang or Elixir. */
export interface ErlangApplication {
  /** `otp` for an application of Erlang/OTP or Elixir itself. */
  readonly type: 'hex' | 'otp';
  readonly name: string;
  readonly version: string;
}

/** An application, or the reason why a file states none. */
export type ErlangResult = ErlangApplication | { readonly problem: string };

/** Applications that Erlang/OTP and Elixir consist of. Their versions are those of the run time, and Hex has no packages of them. */
const ownApplications: ReadonlySet<string> = new Set(
  [
    'asn1 common_test compiler cosEvent cosEventDomain cosFileTransfer cosNotification cosProperty cosTime cosTransactions crypto',
    'debugger dialyzer diameter edoc eldap erl_docgen erl_interface erts et eunit ftp gs hipe ic inets jinterface kernel megaco mnesia',
    'observer odbc orber os_mon otp_mibs parsetools percept public_key reltool runtime_tools sasl snmp ssh ssl stdlib syntax_tools',
    'test_server tftp tools typer webtool wx xmerl eex elixir ex_unit iex logger mix',
  ].flatMap((names) => names.split(' ')),
);

/** Returns the application that a resource file states: `{application, Name, [{vsn, "1.0"}, …]}`. OTP Design Principles, "Applications". */
export function readApplication(content: Uint8Array): ErlangResult {
  const term = parsed(content);
  if ('problem' in term) return term;
  const [tag, name, properties] = itemsOf(term, 'tuple');
  if (!isAtom(tag, 'application') || name?.kind !== 'atom')
    return { problem: 'is not a resource file of an application' };
  const versions = itemsOf(properties, 'list').map((property) => itemsOf(property, 'tuple'));
  const version = versions.find(([key]) => isAtom(key, 'vsn'))?.[1];
  return application(name.value, version);
}

/** Returns the run time that a release file names: `{release, {Name, Version}, {erts, "13.1"}, […]}`. */
export function readRunTime(content: Uint8Array): ErlangResult {
  const term = parsed(content);
  if ('problem' in term) return term;
  const [tag, , runTime] = itemsOf(term, 'tuple');
  const [name, version] = itemsOf(runTime, 'tuple');
  if (!isAtom(tag, 'release') || !isAtom(name, 'erts')) return { problem: 'is not a release file' };
  return application('erts', version);
}

/** Returns whether an application is one that Erlang/OTP or Elixir consists of. */
export function isOwnApplication(name: string): boolean {
  return ownApplications.has(name);
}

function parsed(content: Uint8Array): Term | { readonly problem: string } {
  if (content.length > limits.erlangFileBytes)
    return { problem: `has ${content.length} bytes, too many for a file that describes an application` };
  try {
    return parseTerm(bufferView(content).toString('utf8'));
  } catch (error) {
    return { problem: `is not a term of Erlang: ${messageOf(error)}` };
  }
}

function application(name: string, version: Term | undefined): ErlangResult {
  const text = version?.kind === 'string' ? version.value : '';
  if (!isWord(name)) return { problem: `has an impossible name ${quoteUntrusted(name)}` };
  if (!isWord(text)) return { problem: `states no usable version of ${name}` };
  return { type: ownApplications.has(name) ? 'otp' : 'hex', name, version: text };
}

function isAtom(term: Term | undefined, value: string): boolean {
  return term?.kind === 'atom' && term.value === value;
}

function itemsOf(term: Term | undefined, kind: 'tuple' | 'list'): readonly Term[] {
  return term?.kind === kind && 'items' in term ? term.items : [];
}
