/** A part of the table that `known-artifacts.ts` describes: frameworks, languages, databases, their drivers and clients. */
export const artifactsOfFrameworks = `
# Spring
org.springframework spring spring-aop spring-aspects spring-beans spring-context spring-context-* spring-core spring-core-test
org.springframework spring-expression spring-instrument spring-instrument-* spring-jcl spring-jdbc spring-jms spring-messaging
org.springframework spring-orm spring-oxm spring-r2dbc spring-test spring-tx spring-web spring-webflux spring-webmvc spring-webmvc-*
org.springframework spring-websocket spring-struts spring-asm spring-agent
org.springframework.boot spring-boot spring-boot-*
org.springframework.security spring-security-* spring-security-oauth2-authorization-server spring-security-oauth2-client
org.springframework.security spring-security-oauth2-core spring-security-oauth2-jose spring-security-oauth2-resource-server
org.springframework.security.oauth spring-security-oauth spring-security-oauth2
org.springframework.data spring-data-*
org.springframework.cloud spring-cloud-*
org.springframework.integration spring-integration-*
org.springframework.batch spring-batch-*
org.springframework.amqp spring-amqp spring-rabbit spring-rabbit-*
org.springframework.kafka spring-kafka spring-kafka-test
org.springframework.session spring-session spring-session-*
org.springframework.ws spring-ws spring-ws-* spring-xml
org.springframework.ldap spring-ldap-*
org.springframework.hateoas spring-hateoas
org.springframework.plugin spring-plugin-*
org.springframework.retry spring-retry
org.springframework.restdocs spring-restdocs-*
org.springframework.statemachine spring-statemachine-*
org.springframework.vault spring-vault-core
org.springframework.webflow spring-webflow spring-binding spring-js spring-js-resources spring-faces
org.springframework.shell spring-shell spring-shell-*
org.springframework.pulsar spring-pulsar spring-pulsar-*
org.springframework.graphql spring-graphql spring-graphql-test
org.springframework.modulith spring-modulith-*
org.springframework.ai spring-ai-*
org.springframework.credhub spring-credhub-*
de.codecentric spring-boot-admin-*
org.springdoc springdoc-openapi-*
io.spring.gradle dependency-management-plugin
io.springfox springfox-*
# Kotlin and JetBrains
org.jetbrains.kotlin kotlin-stdlib kotlin-stdlib-* kotlin-reflect kotlin-script-* kotlin-scripting-* kotlin-compiler kotlin-compiler-*
org.jetbrains.kotlin kotlin-test kotlin-test-* kotlin-daemon-* kotlin-gradle-plugin kotlin-gradle-plugin-* kotlin-osgi-bundle
org.jetbrains.kotlin kotlin-annotations-*
org.jetbrains.kotlinx kotlinx-*
org.jetbrains.exposed exposed-*
org.jetbrains annotations>=7 annotations-java5 markdown-jvm
org.jetbrains.intellij.deps trove4j
io.ktor ktor-*
io.arrow-kt arrow-*
io.insert-koin koin-*
com.charleskorn.kaml kaml kaml-jvm
# Square
com.squareup.okhttp3 okhttp okhttp-* logging-interceptor mockwebserver mockwebserver3 okcurl
com.squareup.okhttp okhttp<3
com.squareup.okio okio okio-*
com.squareup.retrofit2 retrofit converter-* adapter-*
com.squareup.moshi moshi moshi-*
com.squareup.wire wire-*
com.squareup kotlinpoet kotlinpoet-jvm javapoet javawriter
# Google
io.grpc grpc-*
com.google.protobuf protobuf-java protobuf-java-util protobuf-javalite protobuf-kotlin protobuf-kotlin-lite
com.google.protobuf.nano protobuf-javanano
com.google.guava guava guava-gwt guava-testlib failureaccess listenablefuture
com.google.code.gson gson
com.google.code.findbugs jsr305 annotations<4 findbugs findbugs-annotations
com.google.inject guice
com.google.inject.extensions guice-*
com.google.errorprone error_prone_annotations
com.google.api gax gax-grpc gax-httpjson api-common
com.google.auth google-auth-library-*
com.google.http-client google-http-client google-http-client-*
com.google.oauth-client google-oauth-client google-oauth-client-*
com.google.cloud google-cloud-*
com.google.crypto.tink tink tink-android
com.google.re2j re2j
com.google.dagger dagger dagger-compiler
com.google.android annotations>=4 android
io.perfmark perfmark-*
io.opencensus opencensus-*
# Observability
io.micrometer micrometer-* context-propagation
io.opentelemetry opentelemetry-*
io.opentelemetry.instrumentation opentelemetry-instrumentation-*
io.opentelemetry.javaagent opentelemetry-javaagent
io.opentracing opentracing-*
io.zipkin.reporter2 zipkin-reporter zipkin-reporter-*
io.zipkin.zipkin2 zipkin
io.zipkin.brave brave brave-*
io.prometheus simpleclient simpleclient_*
com.datadoghq dd-java-agent dd-trace-api dd-trace-ot java-dogstatsd-client
com.newrelic.agent.java newrelic-agent newrelic-api newrelic-java
com.microsoft.azure applicationinsights-*
org.latencyutils LatencyUtils
# Kafka, Confluent and other messaging
org.apache.kafka kafka-clients kafka-streams kafka-streams-* kafka-tools kafka-server kafka-server-* kafka-metadata kafka-raft
org.apache.kafka kafka-storage kafka-storage-* kafka-group-coordinator kafka-group-coordinator-* kafka-share-coordinator
org.apache.kafka kafka-transaction-coordinator kafka-coordinator-common kafka-log4j-appender kafka-shell kafka-tools-api kafka_*
org.apache.kafka connect-api connect-basic-auth-extension connect-file connect-json connect-mirror connect-mirror-client connect-runtime
org.apache.kafka connect-transforms trogdor
io.confluent kafka-avro-serializer kafka-json-serializer kafka-json-schema-serializer kafka-protobuf-serializer kafka-schema-registry
io.confluent kafka-schema-registry-client kafka-schema-serializer kafka-rest
com.rabbitmq amqp-client
io.nats jnats
io.lettuce lettuce-core
io.projectreactor reactor-core reactor-core-micrometer reactor-test reactor-tools
io.projectreactor.addons reactor-extra reactor-pool reactor-adapter
io.projectreactor.netty reactor-netty-core reactor-netty-http reactor-netty reactor-netty-http-brave
io.projectreactor.kafka reactor-kafka
io.projectreactor.kotlin reactor-kotlin-extensions
io.rsocket rsocket-*
io.reactivex rxjava<2 rxnetty rxjava-reactive-streams rxkotlin rxnetty-*
io.reactivex.rxjava2 rxjava<3
io.reactivex.rxjava3 rxjava>=3 rxkotlin
org.reactivestreams reactive-streams reactive-streams-*
org.xerial.snappy snappy-java
org.xerial sqlite-jdbc
org.lz4 lz4-java lz4-pure-java
net.jpountz.lz4 lz4
com.github.luben zstd-jni
org.rocksdb rocksdbjni
# Search and storage engines
org.apache.lucene lucene-*
org.apache.solr solr-*
org.elasticsearch elasticsearch elasticsearch-core elasticsearch-cli elasticsearch-geo elasticsearch-lz4 elasticsearch-x-content
org.elasticsearch elasticsearch-secure-sm elasticsearch-plugin-classloader elasticsearch-launchers elasticsearch-java-version-checker
org.elasticsearch elasticsearch-hadoop elasticsearch-logging elasticsearch-nio elasticsearch-dissect elasticsearch-grok
org.elasticsearch elasticsearch-ssl-config elasticsearch-tdigest elasticsearch-preallocate elasticsearch-log4j elasticsearch-spark-*
org.elasticsearch securesm
org.elasticsearch.client elasticsearch-rest-client elasticsearch-rest-client-sniffer elasticsearch-rest-high-level-client transport
org.elasticsearch.client x-pack-transport
co.elastic.clients elasticsearch-java elasticsearch-rest5-client
co.elastic.apm elastic-apm-agent apm-agent-*
org.elasticsearch.plugin x-pack-core x-pack-* reindex-client parent-join-client aggs-matrix-stats-client lang-mustache-client
org.elasticsearch.plugin mapper-extras-client percolator-client rank-eval-client transport-netty4-client
org.opensearch opensearch opensearch-core opensearch-cli opensearch-geo opensearch-common opensearch-x-content opensearch-secure-sm
org.opensearch opensearch-plugin-classloader opensearch-java-version-checker opensearch-launchers opensearch-nio opensearch-ssl-config
org.opensearch opensearch-compress opensearch-telemetry
org.opensearch.client opensearch-rest-client opensearch-rest-client-sniffer opensearch-rest-high-level-client opensearch-java
org.opensearch.plugin opensearch-security opensearch-job-scheduler opensearch-sql-plugin opensearch-observability
org.opensearch.plugin opensearch-reports-scheduler
org.neo4j.driver neo4j-java-driver
org.mongodb mongodb-driver-core mongodb-driver-sync mongodb-driver-async mongodb-driver-reactivestreams mongodb-driver-legacy
org.mongodb mongodb-driver mongodb-crypt mongo-java-driver bson bson-record-codec bson-kotlin bson-kotlinx
org.apache.cassandra apache-cassandra cassandra-all cassandra-thrift cassandra-clientutil
com.esri.geometry esri-geometry-api
org.locationtech.jts jts-core
org.locationtech.spatial4j spatial4j
com.tdunning t-digest
# Databases and drivers
com.h2database h2 h2-mvstore
org.hsqldb hsqldb>=2 sqltool hsqldb-*
hsqldb hsqldb<2
mysql mysql-connector-java mysql-connector-mxj
com.mysql mysql-connector-j
org.mariadb.jdbc mariadb-java-client
org.postgresql postgresql r2dbc-postgresql
com.microsoft.sqlserver mssql-jdbc mssql-jdbc_auth
net.sourceforge.jtds jtds
com.oracle.database.jdbc ojdbc6 ojdbc8 ojdbc10 ojdbc11 ojdbc17 ucp ucp11 rsi
com.oracle.database.security oraclepki osdt_cert osdt_core
com.oracle.database.nls orai18n
com.ibm.db2 jcc db2jcc db2jcc4
org.apache.derby derby derbyclient derbynet derbyoptionaltools derbyshared derbytools derbyrun derbyLocale_*
org.firebirdsql.jdbc jaybird jaybird-jdk*
com.clickhouse clickhouse-jdbc clickhouse-client clickhouse-http-client clickhouse-data clickhouse-r2dbc
net.snowflake snowflake-jdbc snowflake-jdbc-fips snowflake-ingest-sdk
com.amazon.redshift redshift-jdbc42
com.zaxxer HikariCP HikariCP-java6 HikariCP-java7
c3p0 c3p0<0.9.2
com.mchange c3p0>=0.9.2 mchange-commons-java
org.flywaydb flyway-*
org.liquibase liquibase-core
org.jooq jooq jooq-* joor
com.querydsl querydsl-*
com.oracle.ojdbc ojdbc8_g simplefan ons
redis.clients jedis
com.couchbase.client java-client core-io
net.spy spymemcached
# Persistence
org.hibernate hibernate-core<6 hibernate-entitymanager hibernate-annotations hibernate-c3p0<6 hibernate-ehcache hibernate-envers<6
org.hibernate hibernate-hikaricp<6 hibernate-infinispan hibernate-java8 hibernate-jcache<6 hibernate-jpamodelgen<6 hibernate-proxool<6
org.hibernate hibernate-spatial<6 hibernate-testing<6 hibernate-validator<6 hibernate-validator-annotation-processor<6
org.hibernate hibernate-commons-annotations<4 hibernate hibernate3 hibernate-tools<6
org.hibernate.orm hibernate-core>=6 hibernate-c3p0>=6 hibernate-envers>=6 hibernate-hikaricp>=6 hibernate-jcache>=6
org.hibernate.orm hibernate-jpamodelgen>=6 hibernate-processor hibernate-spatial>=6 hibernate-testing>=6 hibernate-community-dialects
org.hibernate.orm hibernate-graalvm hibernate-micrometer hibernate-vector hibernate-agroal>=6
org.hibernate.common hibernate-commons-annotations>=4
org.hibernate.validator hibernate-validator>=6 hibernate-validator-cdi hibernate-validator-annotation-processor>=6
org.hibernate.reactive hibernate-reactive-core
org.hibernate.search hibernate-search-*
org.hibernate.javax.persistence hibernate-jpa-2.0-api hibernate-jpa-2.1-api
org.mybatis mybatis mybatis-spring
net.sf.ehcache ehcache<3 ehcache-core
org.ehcache ehcache>=3
com.github.ben-manes.caffeine caffeine
com.hazelcast hazelcast hazelcast-all hazelcast-client hazelcast-spring hazelcast-kubernetes
org.cache2k cache2k-*
org.jgroups jgroups
javassist javassist<3
org.javassist javassist>=3
# Groovy, Scala, Clojure and other languages of the JVM
org.codehaus.groovy groovy<4 groovy-*<4
org.apache.groovy groovy>=4 groovy-*>=4
org.scala-lang scala-library scala-compiler scala-reflect scalap scala-actors scala3-library_3 scala3-compiler_3 scala3-interfaces
org.scala-lang tasty-core_3
org.scala-lang.modules scala-java8-compat_* scala-parser-combinators_* scala-xml_* scala-collection-compat_* scala-asm scala-swing_*
org.scala-lang.modules scala-parallel-collections_*
com.typesafe config ssl-config-core_*
com.typesafe.akka akka-*
org.apache.pekko pekko-*
com.typesafe.play play_*<3 play-*<3 twirl-api_* play-java_*<3
org.playframework play_*>=3 play-*>=3
com.typesafe.scala-logging scala-logging_*
com.typesafe.slick slick_* slick-hikaricp_*
org.typelevel cats-* jawn-parser_* spire_* log4cats-*
org.http4s http4s-* blaze-core_* blaze-http_*
io.circe circe-*
dev.zio zio_* zio-*
com.chuusai shapeless_*
org.json4s json4s-*
com.twitter chill-java chill_* finagle-* twitter-server_* algebird-core_*
org.apache.spark spark-core_* spark-sql_* spark-sql-api_* spark-streaming_* spark-streaming-* spark-catalyst_* spark-mllib_*
org.apache.spark spark-mllib-local_* spark-graphx_* spark-hive_* spark-hive-thriftserver_* spark-kvstore_* spark-launcher_*
org.apache.spark spark-network-common_* spark-network-shuffle_* spark-network-yarn_* spark-repl_* spark-sketch_* spark-tags_*
org.apache.spark spark-unsafe_* spark-yarn_* spark-kubernetes_* spark-mesos_* spark-variant_* spark-avro_* spark-common-utils_*
org.clojure clojure core.async core.cache core.memoize core.specs.alpha data.json data.xml data.csv data.priority-map java.classpath
org.clojure java.jdbc spec.alpha tools.analyzer tools.analyzer.jvm tools.cli tools.logging tools.namespace tools.reader tools.nrepl
org.clojure tools.macro core.match core.logic core.rrb-vector
org.jruby jruby-complete jruby-core jruby-base jruby-stdlib jruby
org.python jython jython-standalone
org.mozilla rhino rhino-engine rhino-runtime
org.beanshell bsh bsh-*
org.luaj luaj-jse
# Cryptography
bouncycastle bcprov-jdk*>=100 bcmail-jdk*>=100 bctsp-jdk*>=100 bcpg-jdk*>=100
org.bouncycastle bcprov-* bcpkix-* bcutil-* bctls-* bcmail-* bcjmail-* bcpg-* bctsp-* bctest-* bc-fips bcpkix-fips bctls-fips
org.bouncycastle bcutil-fips bcmail-fips bcpg-fips
org.conscrypt conscrypt-openjdk-uber conscrypt-openjdk
io.jsonwebtoken jjwt jjwt-*
com.nimbusds nimbus-jose-jwt oauth2-oidc-sdk lang-tag content-type
com.auth0 java-jwt jwks-rsa auth0
org.mindrot jbcrypt
org.cryptacular cryptacular
org.opensaml opensaml-* opensaml xmltooling openws
net.shibboleth.utilities java-support
com.yubico webauthn-server-core yubico-util
# Built with Maven, but found without its files in rebuilds of distributions and in repackaged jars
org.slf4j slf4j-* jcl-over-slf4j jul-to-slf4j log4j-over-slf4j osgi-over-slf4j
ch.qos.logback logback-*
ch.qos.cal10n cal10n-api
org.jctools jctools-*
cn.hutool hutool-*
com.googlecode.concurrent-trees concurrent-trees
com.github.jbellis jamm
com.github.stephenc.high-scale-lib high-scale-lib
com.google.j2objc j2objc-annotations
com.clearspring.analytics stream
org.apache.maven maven-core maven-model maven-artifact maven-settings maven-plugin-api maven-compat maven-embedder
org.codehaus.plexus plexus-*
org.sonatype.plexus plexus-cipher plexus-sec-dispatcher
com.thoughtworks.qdox qdox
com.thoughtworks.paranamer paranamer
org.keycloak keycloak-*
org.infinispan infinispan-*
org.infinispan.protostream protostream protostream-*
org.jboss.resteasy resteasy-*
org.jboss.xnio xnio-*
org.jboss.logging jboss-logging jboss-logging-*
org.jboss.logmanager jboss-logmanager
org.jboss.marshalling jboss-marshalling jboss-marshalling-*
org.jboss.remoting jboss-remoting
org.jboss jandex<3 jboss-ejb-client jboss-vfs
io.smallrye jandex>=3
org.wildfly.core wildfly-server wildfly-host-controller wildfly-controller
org.wildfly.security wildfly-elytron wildfly-elytron-*
org.wildfly.common wildfly-common
io.quarkus quarkus-*
io.quarkus.resteasy.reactive resteasy-reactive resteasy-reactive-*
io.quarkus.http quarkus-http-*
io.smallrye.config smallrye-config smallrye-config-*
io.smallrye.reactive smallrye-mutiny-* mutiny mutiny-*
org.eclipse.microprofile.config microprofile-config-api
jakarta.activation jakarta.activation-api
jakarta.annotation jakarta.annotation-api
jakarta.el jakarta.el-api
jakarta.enterprise jakarta.enterprise.cdi-api
jakarta.inject jakarta.inject-api
jakarta.interceptor jakarta.interceptor-api
jakarta.json jakarta.json-api
jakarta.json.bind jakarta.json.bind-api
jakarta.mail jakarta.mail-api
jakarta.persistence jakarta.persistence-api
jakarta.servlet jakarta.servlet-api
jakarta.servlet.jsp jakarta.servlet.jsp-api
jakarta.transaction jakarta.transaction-api
jakarta.validation jakarta.validation-api
jakarta.websocket jakarta.websocket-api jakarta.websocket-client-api
jakarta.ws.rs jakarta.ws.rs-api
jakarta.xml.bind jakarta.xml.bind-api
jakarta.xml.soap jakarta.xml.soap-api
jakarta.xml.ws jakarta.xml.ws-api
org.apache.ws.xmlschema xmlschema-core
org.apache.wss4j wss4j-*
org.apache.ws.security wss4j
org.apache.axis2 axis2-* axis2
org.apache.axis axis>=2
org.apache.tiles tiles-*
org.apache.taglibs taglibs-standard-*
org.apache.myfaces.core myfaces-*
org.primefaces primefaces
org.richfaces richfaces richfaces-*
com.vladsch.flexmark flexmark flexmark-*
org.commonmark commonmark commonmark-*
io.jenetics jpx
org.dspace dspace-*
org.geotools gt-*
org.geoserver gs-*
org.codehaus.jettison jettison
org.glassfish.jersey.core jersey-client>=2 jersey-common jersey-server>=2
org.glassfish.jaxb jaxb-runtime txw2 xsom
org.glassfish.hk2 hk2-*
com.github.pagehelper pagehelper pagehelper-*
com.baomidou mybatis-plus mybatis-plus-*
com.xuxueli xxl-job-* xxl-rpc-core
com.alibaba.nacos nacos-*
org.apache.rocketmq rocketmq-*
org.apache.seata seata-*
org.apache.skywalking apm-* java-agent-*
org.apache.solr solr-*
org.pac4j pac4j-*
org.apereo.cas cas-server-*
org.bitbucket.b_c jose4j
com.googlecode.aviator aviator
com.h2database h2
`;
