import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isGeneralStream } from './applies.ts';

test('treats all parts and minor releases of RHEL as general', () => {
  for (const [namespace, cpe] of [
    ['rhel:9', 'cpe:/a:redhat:enterprise_linux:9::appstream'],
    ['rhel:9', 'cpe:/a:redhat:enterprise_linux:9::crb'],
    ['rhel:9', 'cpe:/o:redhat:enterprise_linux:9'],
    ['rhel:10', 'cpe:/o:redhat:enterprise_linux:10.1'],
    ['rhel:7', 'cpe:/o:redhat:enterprise_linux:7::client'],
    ['hummingbird', 'cpe:/a:redhat:hummingbird:1'],
  ] as const)
    assert.ok(isGeneralStream(cpe, namespace), cpe);
});

test('does not treat other releases, extended support and layered products as general', () => {
  for (const [namespace, cpe] of [
    ['rhel:9', 'cpe:/a:redhat:enterprise_linux:8::appstream'],
    ['rhel:1', 'cpe:/o:redhat:enterprise_linux:10'],
    ['rhel:9', 'cpe:/a:redhat:rhel_eus:9.2::appstream'],
    ['rhel:9', 'cpe:/o:redhat:rhel_e4s:9.0::baseos'],
    ['rhel:7', 'cpe:/o:redhat:rhel_els:7'],
    ['rhel:9', 'cpe:/a:redhat:openshift:4.16::el9'],
    ['sles:15.3', 'cpe:/o:suse:sles-ltss:15:sp3'],
    ['rhel:9', 'nonsense'],
  ] as const)
    assert.ok(!isGeneralStream(cpe, namespace), cpe);
});
