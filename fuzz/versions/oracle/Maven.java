import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import org.apache.maven.artifact.versioning.ComparableVersion;

/** Compares pairs of versions as Maven does: reads "a TAB b" lines, writes < = or >. An empty line flushes. */
public class Maven {
    public static void main(String[] args) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        BufferedWriter out = new BufferedWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8));
        int character;
        StringBuilder line = new StringBuilder();
        while ((character = in.read()) >= 0) {
            if (character != '\n') {
                line.append((char) character);
                continue;
            }
            int tab = line.indexOf("\t");
            if (tab < 0) {
                out.flush();
            } else {
                int order = new ComparableVersion(line.substring(0, tab))
                        .compareTo(new ComparableVersion(line.substring(tab + 1)));
                out.write(order < 0 ? "<\n" : order > 0 ? ">\n" : "=\n");
            }
            line.setLength(0);
        }
        out.flush();
    }
}
