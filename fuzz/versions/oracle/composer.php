<?php

/* Compares pairs of versions as Composer does: reads "a TAB b" lines, writes < = > or ! where one is no version or a branch
 * without a number. What the parser refuses although it is written like a version is compared as it is, which is what the
 * comparator does by itself. An empty line flushes. */

use Composer\Semver\Comparator;
use Composer\Semver\VersionParser;

require 'Composer/Semver/autoload.php';

$parser = new VersionParser();

function spelling(VersionParser $parser, string $version): ?string
{
    try {
        $normal = $parser->normalize($version);
        return str_starts_with($normal, 'dev-') ? null : $normal;
    } catch (UnexpectedValueException $e) {
        return preg_match('{^v?(\d[0-9A-Za-z._+-]*)$}Di', $version, $match) ? $match[1] : null;
    }
}

function answer(VersionParser $parser, string $a, string $b): string
{
    $left = spelling($parser, $a);
    $right = spelling($parser, $b);
    if ($left === null || $right === null) {
        return '!';
    }
    if (Comparator::equalTo($left, $right)) {
        return '=';
    }
    return Comparator::lessThan($left, $right) ? '<' : '>';
}

while (($line = fgets(STDIN)) !== false) {
    $pair = explode("\t", rtrim($line, "\n"));
    if (count($pair) === 2) {
        echo answer($parser, $pair[0], $pair[1]), "\n";
    } else {
        flush();
    }
}
