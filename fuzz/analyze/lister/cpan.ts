import type { ListerTargets } from '../lister-targets.ts';
import { textMutations, words } from '../mutation/text.ts';
import { files, type Input } from '../target/target.ts';

const seeds = (): Input[] => [
  files({
    'usr/local/lib/perl5/site_perl/5.36.0/x86_64-linux-gnu/.meta/libwww-perl-6.67/install.json':
      '{"name":"LWP","version":"6.67","dist":"libwww-perl-6.67","provides":{"LWP":{"file":"LWP.pm"}}}',
    'usr/local/lib/perl5/5.36.0/x86_64-linux-gnu/perllocal.pod':
      '=head2 Tue Jan 16 20:13:46 2024: C<Module> L<JSON::XS|JSON::XS>\n\n=over 4\n\n=item *\n\nC<VERSION: 4.03>\n\n=back\n',
    'usr/local/lib/perl5/site_perl/5.36.0/x86_64-linux-gnu/auto/JSON/XS/.packlist':
      '/usr/local/lib/perl5/JSON/XS.pm\n',
  }),
];

const ownWords = words(
  '=head2 ',
  'C<Module> L<',
  'C<VERSION: ',
  '>',
  '::',
  '"name":',
  '"dist":',
  '{',
  '}',
  '\uFEFF',
);

/** Records and logs of CPAN. */
export const targets: ListerTargets = { cpan: { seeds, mutations: [...textMutations, ownWords] } };
