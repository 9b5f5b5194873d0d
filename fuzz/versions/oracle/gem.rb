# Compares pairs of versions as RubyGems does: reads "a TAB b" lines, writes < = > or ! where RubyGems refuses one. An empty
# line flushes.
require "rubygems"

def answer(a, b)
  return "!" unless Gem::Version.correct?(a) && Gem::Version.correct?(b)
  { -1 => "<", 0 => "=", 1 => ">" }.fetch(Gem::Version.new(a) <=> Gem::Version.new(b))
end

while (line = $stdin.gets)
  a, b = line.chomp("\n").split("\t", -1)
  if b.nil?
    $stdout.flush
  else
    puts answer(a, b)
  end
end
