/** A small document of each format of lock files and manifests, by path. */
export const declaredDocuments: Readonly<Record<string, string>> = {
  'app/package-lock.json':
    '{"lockfileVersion":3,"packages":{"":{},"node_modules/@s/a":{"version":"1.0.0"},"node_modules/b":{"name":"c","version":"2.0.0","resolved":"git+ssh://h/c.git"}}}',
  'old/package-lock.json':
    '{"dependencies":{"a":{"version":"1.0.0","dependencies":{"b":{"version":"npm:c@2.0.0"}}}}}',
  'app/yarn.lock':
    '# yarn lockfile v1\n\n"@s/a@^1.0.0", "@s/a@~1.0.1":\n  version "1.0.1"\n  resolved "https://r.example/a.tgz#1"\n',
  'berry/yarn.lock':
    '__metadata:\n  version: 8\n\n"a@npm:^1.0.0":\n  version: 1.0.1\n  resolution: "a@npm:1.0.1"\n',
  'app/pnpm-lock.yaml':
    "lockfileVersion: '9.0'\npackages:\n  '@s/a@1.0.0(b@2.0.0)':\n    resolution: {integrity: sha512-x}\n  ? c@1.0.0\n  : version: 1.0.0\n",
  'old/pnpm-lock.yaml': 'lockfileVersion: 5.4\npackages:\n  /a/1.0.0_b@2.0.0:\n    dev: true\n',
  'app/bun.lock':
    '{\n  "lockfileVersion": 1, // a\n  "packages": {\n    "a": ["a@1.0.0", "", {}, "sha512-x"],\n  },\n}\n',
  'app/poetry.lock':
    '[[package]]\nname = "a"\nversion = "1.0"\n\n[package.source]\ntype = "git"\nurl = "https://h.example/a.git"\n',
  'app/uv.lock': 'version = 1\n[[package]]\nname = "a"\nversion = "1.0"\nsource = { editable = "." }\n',
  'app/pylock.toml': 'lock-version = "1.0"\n[[packages]]\nname = "a"\nversion = "1.0"\n',
  'app/Pipfile.lock':
    '{"_meta":{},"default":{"a":{"version":"==1.0"},"b":{"git":"https://h.example/b.git"}}}',
  'app/requirements.txt':
    'a[x, y] == 1.0 ; python_version < "3.8" # c\nb>=1 \\\n  --hash=sha256:0\n-e git+https://h.example/c\n',
  'app/go.mod':
    'module example.org/a\n\ngo 1.16\n\nrequire (\n\texample.org/b v1.0.0 // indirect\n)\n\nreplace example.org/b => ../b\n',
  'app/go.sum': 'example.org/c v1.0.0 h1:x=\nexample.org/c v1.0.0/go.mod h1:x=\n',
  'app/Cargo.lock': '[[package]]\nname = "a"\nversion = "1.0.0"\nsource = "registry+https://r.example"\n',
  'app/Gemfile.lock':
    'GEM\n  remote: https://r.example/\n  specs:\n    a (1.0.0-x86_64-linux)\n      b (>= 1)\n',
  'app/composer.lock':
    '{"packages":[{"name":"v/a","version":"v1.0.0"}],"packages-dev":[{"name":"v/b","version":"dev-main"}]}',
  'app/pom.xml':
    '<?xml version="1.0" encoding="ISO-8859-1"?><project><properties><v>1.0</v></properties><dependencies><dependency><groupId>g</groupId><artifactId>a</artifactId><version>[1.0]</version></dependency></dependencies></project>',
  'app/gradle.lockfile': '# c\ng:a:1.0=compileClasspath,runtimeClasspath\nempty=\n',
  'app/build.sbt.lock': '{"dependencies":[{"org":"g","name":"a","version":"1.0"}]}',
  'app/packages.lock.json': '{"dependencies":{"net8.0":{"A":{"type":"Direct","resolved":"1.0.0"}}}}',
  'app/packages.config': '<packages><package id="A" version="1.0.0" /></packages>',
  'app/Directory.Packages.props':
    '<Project><ItemGroup><PackageVersion Include="A" Version="[1.0.0]" /></ItemGroup></Project>',
  'app/mix.lock':
    '%{\n  "a": {:hex, :a, "1.0.0", "x", [:mix], [], "hexpm", "x"},\n  "b": {:git, "https://h.example/b", "x", []},\n}\n',
  'app/rebar.lock':
    '{"1.2.0",\n[{<<"a">>,{pkg,<<"a">>,<<"1.0.0">>},0},\n {<<"b">>,{git,"https://h.example/b",{ref,"x"}},0}]}.\n',
  'app/pubspec.lock': 'packages:\n  a:\n    source: hosted\n    version: "1.0.0"\n',
  'app/Package.resolved':
    '{"pins":[{"location":"https://h.example/a/b.git","state":{"version":"1.0.0"}}],"version":2}',
  'app/Podfile.lock': 'PODS:\n  - A (1.0.0):\n    - B/C (= 1.0)\n  - "B/C (1.0)"\n',
  'app/conan.lock': '{"requires":["a/1.0@u/c#r%1.0"],"graph_lock":{"nodes":{"1":{"ref":"b/1.0"}}}}',
  'app/Manifest.toml': 'manifest_format = "2.0"\n[[deps.A]]\nversion = "1.0.0"\nuuid = "x"\n',
  'app/cabal.project.freeze': 'constraints: any.a ==1.0,\n             any.base installed,\n',
  'app/stack.yaml.lock':
    'packages:\n- completed:\n    hackage: a-b-1.0@sha256:x,1\n  original:\n    hackage: a-b-1.0\n',
};
